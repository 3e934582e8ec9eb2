//! The proxy between the client and the API: which one is used, and why it refuses a connection.
//!
//! The HTTP library ignores a proxy variable that it cannot parse, and does not report the status
//! with which a proxy refused to connect. Both would hide the cause from the user.

use std::time::Duration;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Error;

/// Environment variables that set a proxy for `https`, in order of precedence. The first of a pair
/// overrides the second, even if it is empty.
const VARIABLES: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];

/// Timeout for the status of a refused connection. The status is only for the message.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Number of bytes that are enough for the first line of a response.
const FIRST_LINE: usize = 256;

/// Returns the environment variable that should set the proxy for requests to `base_url`, but has
/// an unusable value. Loopback hosts are never reached through a proxy.
#[must_use]
pub fn unusable_proxy_variable(
    base_url: &Url,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<&'static str> {
    let to = base_url.as_str().parse().ok()?;
    let no = ["NO_PROXY", "no_proxy"].into_iter().find_map(variable).unwrap_or_default();
    let is_used = |proxy: &str, no: &str| {
        Matcher::builder().https(proxy).no(no).build().intercept(&to).is_some_and(|found| {
            // The HTTP library is built without SOCKS.
            matches!(found.uri().scheme_str(), Some("http" | "https"))
        })
    };
    if super::http::is_loopback(base_url) || !is_used("http://proxy.invalid", &no) {
        return None;
    }
    let set = VARIABLES.into_iter().find_map(|pair| {
        let named = |name: &'static str| Some((name, variable(name)?));
        let (name, value) = pair.into_iter().find_map(named)?;
        (!value.is_empty()).then_some((name, value))
    });
    set.filter(|(_, value)| !is_used(value.trim(), "")).map(|(name, _)| name)
}

/// Returns the proxy for a request, without its credentials in [`Intercept::uri`].
pub(super) fn of(configured: Option<&Url>, to: &Url) -> Option<Intercept> {
    let matcher = match configured {
        Some(url) => Matcher::builder().all(url.as_str()).build(),
        None => Matcher::from_system(),
    };
    matcher.intercept(&to.as_str().parse().ok()?)
}

/// Returns the text that names a proxy in messages.
pub(super) fn name(proxy: &Intercept) -> String {
    proxy.uri().to_string().trim_end_matches('/').to_owned()
}

/// Reports whether a connection failed because a proxy refused it.
pub(super) fn refused(failure: &str) -> bool {
    failure.contains("tunnel error")
}

/// Sends another request to the proxy, to obtain the status with which it refuses to connect to
/// `to`.
///
/// Returns `None` if the proxy sends no status, or if the refusal might be transient: a request to
/// an overloaded gateway can be retried.
pub(super) async fn refusal(proxy: &Intercept, to: &Url) -> Option<Error> {
    let target = format!("{}:{}", to.host_str()?, to.port_or_known_default()?);
    let status = timeout(CONNECT_TIMEOUT, status(proxy, &target)).await.ok()??;
    let lasts = (300..500).contains(&status) && status != 408 && status != 429;
    lasts.then(|| Error::ProxyRefused { proxy: name(proxy), target, status })
}

async fn status(proxy: &Intercept, target: &str) -> Option<u16> {
    let uri = proxy.uri();
    if uri.scheme_str() != Some("http") {
        return None;
    }
    let address = (uri.host()?.trim_matches(['[', ']']), uri.port_u16().unwrap_or(80));
    let mut connection = TcpStream::connect(address).await.ok()?;
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(credentials) = proxy.basic_auth() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(credentials.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    connection.write_all(&request).await.ok()?;
    let mut answer = Vec::new();
    while !answer.contains(&b'\n') && answer.len() < FIRST_LINE {
        if connection.read_buf(&mut answer).await.ok()? == 0 {
            break;
        }
    }
    let line = String::from_utf8_lossy(&answer);
    let mut words = line.split_whitespace();
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unusable(base_url: &str, variables: &[(&str, &str)]) -> Option<&'static str> {
        let find = |name: &str| {
            variables.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
        };
        unusable_proxy_variable(&base_url.parse().unwrap(), &find)
    }

    #[test]
    fn unusable_proxy_variable_is_reported() {
        let far = "https://anaconda.com";
        for (variable, junk) in [
            ("HTTPS_PROXY", "::junk::"),
            ("https_proxy", "http://"),
            ("ALL_PROXY", "http//proxy:3128"),
            ("all_proxy", "ftp://proxy:21"),
            ("HTTPS_PROXY", "socks5://proxy:1080"),
            ("HTTPS_PROXY", "pro xy"),
        ] {
            assert_eq!(unusable(far, &[(variable, junk)]), Some(variable), "{junk}");
            assert_eq!(unusable("http://127.0.0.1:1", &[(variable, junk)]), None, "{junk}");
            let none = [(variable, junk), ("no_proxy", ".anaconda.com,anaconda.com")];
            assert_eq!(unusable(far, &none), None, "{junk}");
        }
        for good in ["http://proxy:3128", "proxy:3128", "https://me:pass@proxy", "", " http://p "] {
            assert_eq!(unusable(far, &[("HTTPS_PROXY", good)]), None, "{good}");
        }
        let hidden = [("HTTPS_PROXY", "http://proxy"), ("https_proxy", "::junk::")];
        assert_eq!(unusable(far, &hidden), None);
        assert_eq!(unusable(far, &[("HTTP_PROXY", "::junk::")]), None, "for http alone");
    }
}
