//! The connection to the server: proxy, name resolution, TLS certificate, and clock.

use std::io;

use hyper_util::client::proxy::matcher::Matcher;

use super::finding::{Finding, Part};
use super::seen::{Content, Last};
use super::{Check, Facts};
use crate::client::{ProbeError, TlsRejection, Url, is_loopback};

/// The clock difference, in seconds, above which the check adds a remark.
const CLOCK_TOLERANCE: u64 = 60;

/// The environment variables that name a proxy for `https`, in order of precedence.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The environment variables that name hosts for which no proxy is used.
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

impl Check {
    /// Checks the network, and reports whether any response arrived.
    pub(super) async fn network(&mut self, facts: &Facts) -> bool {
        let proxy = self.proxy(facts);
        let loopback = is_loopback(&facts.base_url);
        if !loopback && !self.name(facts, proxy.as_deref()).await {
            return false;
        }
        self.output.begin("connecting");
        match self.org.probe("users").await {
            Ok(status) => {
                self.connected(facts, status);
                self.clock();
                true
            }
            Err(failure) => {
                self.output.add(connection_failure(&failure, facts, proxy.as_deref()));
                false
            }
        }
    }

    /// Returns the host and port of the proxy that requests use.
    fn proxy(&mut self, facts: &Facts) -> Option<String> {
        let ok = |text: String| Finding::ok(Part::Network, "proxy", text);
        if is_loopback(&facts.base_url) {
            self.output.add(ok("no proxy, because the host is this machine".to_owned()));
            return None;
        }
        if let Some(url) = &facts.proxy_url {
            let place = place(url);
            self.output.add(ok(format!("requests use the proxy {place}, from proxy_url")));
            return Some(place);
        }
        let target: Option<hyper::Uri> = facts.base_url.as_str().parse().ok();
        let found = target.and_then(|target| Matcher::from_system().intercept(&target));
        let found = found.and_then(|found| found.uri().authority().cloned());
        let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let variable = PROXY_VARIABLES.into_iter().find(set);
        let Some(authority) = found else {
            self.output.add(no_proxy(variable, EXCEPTIONS.iter().any(set)));
            return None;
        };
        // Remove the credentials that might precede the host.
        let place = authority.as_str().rsplit('@').next().unwrap_or_default().to_owned();
        let from = variable.unwrap_or("the system's settings");
        self.output.add(ok(format!("requests use the proxy {place}, from {from}")));
        Some(place)
    }

    /// Reports whether the host name of the server, or of the proxy, resolves to an IP address.
    async fn name(&mut self, facts: &Facts, proxy: Option<&str>) -> bool {
        let own = place(&facts.base_url);
        let wanted = proxy.unwrap_or(&own);
        let (host, setting) = match proxy {
            Some(proxy) => (proxy, "the proxy"),
            None => (own.as_str(), "`base_url` (ANACONDA_BASE_URL)"),
        };
        self.output.begin("resolving the host name");
        match resolved(wanted).await {
            Ok(address) => {
                let text = format!("{host} resolves to {address}");
                self.output.add(Finding::ok(Part::Network, "name_resolution", text));
                true
            }
            Err(e) => {
                let text = format!("failed to resolve {host}: {e}");
                let advice = format!(
                    "Check the spelling in {setting}, and the DNS of this machine. If only a proxy can \
                     resolve host names, set HTTPS_PROXY or `proxy_url`."
                );
                let finding =
                    Finding::failed(Part::Network, "name_resolution", "not_resolved", text);
                self.output.add(finding.advise(advice));
                false
            }
        }
    }

    fn connected(&mut self, facts: &Facts, status: u16) {
        let Some(last) = self.recorder.seen().last.clone() else { return };
        let place = place(&facts.base_url);
        let peer = last.peer.as_deref().map(|peer| format!(" at {peer}")).unwrap_or_default();
        let front = if last.cloudflare { ", through Cloudflare" } else { "" };
        let text = format!("{place} responds{peer}, over {}{front}", last.version);
        self.output.add(Finding::ok(Part::Network, "connection", text));
        if facts.base_url.scheme() == "https" {
            let own =
                if facts.own_authorities { ", with the configured CA certificates" } else { "" };
            let text = format!("the certificate of {place} is trusted{own}");
            self.output.add(Finding::ok(Part::Network, "certificate", text));
        }
        if let Some(finding) = intermediary(status, &last) {
            self.output.add(finding);
        }
    }

    fn clock(&mut self) {
        let ahead = self.recorder.seen().clock_ahead;
        let finding = match ahead {
            None => {
                Finding::skipped(Part::Network, "clock", "the response has no usable Date header")
            }
            Some(ahead) if ahead.unsigned_abs() <= CLOCK_TOLERANCE => {
                let text = "the clocks of this machine and of the service agree";
                Finding::ok(Part::Network, "clock", text).with("ahead_seconds", ahead)
            }
            Some(ahead) => {
                let direction = if ahead > 0 { "behind" } else { "ahead of" };
                let seconds = ahead.unsigned_abs();
                let text = format!(
                    "the clock of this machine is {seconds} seconds {direction} the service"
                );
                Finding::remark(Part::Network, "clock", "clocks_differ", text)
                    .with("ahead_seconds", ahead)
                    .advise(
                        "Synchronize the clock (NTP). The provider decides by it which tokens have \
                         expired.",
                    )
            }
        };
        self.output.add(finding);
    }
}

/// Returns the finding if no proxy is used, although `variable` might name one.
fn no_proxy(variable: Option<&str>, has_exceptions: bool) -> Finding {
    match variable {
        None => Finding::ok(Part::Network, "proxy", "no proxy is configured for this host"),
        Some(variable) if has_exceptions => {
            let text = format!(
                "no proxy is used for this host, because NO_PROXY excludes it from {variable}"
            );
            Finding::ok(Part::Network, "proxy", text)
        }
        Some(variable) => {
            let text = format!("no proxy is used, although {variable} is set");
            Finding::remark(Part::Network, "proxy", "proxy_ignored", text).advise(format!(
                "Set {variable} to a URL such as http://<HOST>:<PORT>, or unset it."
            ))
        }
    }
}

/// Returns a finding about a component between this machine and the API, if the response to a
/// request without credentials reveals one.
fn intermediary(status: u16, last: &Last) -> Option<Finding> {
    let remark = |code, text: String| Finding::remark(Part::Network, "access", code, text);
    let front = "If an access proxy protects the API, configure `extra_headers` or a client \
                 certificate.";
    match status {
        300..=399 => {
            let to = last.location.as_deref().unwrap_or("no URL");
            let text =
                format!("the request is redirected to {to}, which the provider does not follow");
            Some(remark("redirect", text).advise(format!("Check `base_url`. {front}")))
        }
        407 => {
            let text = "the proxy requires a user name and a password".to_owned();
            let finding = Finding::failed(Part::Network, "access", "proxy_authentication", text);
            Some(finding.advise(
                "Add them to the URL of the proxy: HTTPS_PROXY=http://<USER>:<PASSWORD>@<HOST>:<PORT>.",
            ))
        }
        500..=599 => {
            let text = format!("the service returned {status}");
            Some(remark("server_error", text).advise("Try again later."))
        }
        200..=299 => {
            let text = "the API accepted a request without credentials".to_owned();
            Some(remark("no_sign_in", text).advise(
                "Check that `base_url` and `api_path` point to the Anaconda API, and that no proxy adds \
                 credentials.",
            ))
        }
        // The legacy API does not have this path, so the body can have any form.
        404 | 405 => None,
        _ if last.content == Content::Html => {
            let text = format!(
                "the response is a web page instead of an API response, with status {status}"
            );
            Some(
                remark("web_page", text)
                    .advise(format!("Check `base_url` and `api_path`. {front}")),
            )
        }
        _ => None,
    }
}

/// Returns the finding about a missing response, with advice.
fn connection_failure(failure: &ProbeError, facts: &Facts, proxy: Option<&str>) -> Finding {
    let place = place(&facts.base_url);
    let failed = |step, code, text: String| Finding::failed(Part::Network, step, code, text);
    let tls_failed =
        |text| failed("certificate", "tls", format!("TLS with {place} failed: {text}"));
    let way = proxy.map(|proxy| format!(" through {proxy}")).unwrap_or_default();
    match failure {
        ProbeError::Setup(error) => {
            let (text, advice) = super::explained(error.clone());
            failed("connection", "setup", text).advise(advice)
        }
        ProbeError::Certificate { distrust, text } => {
            let (code, advice) = certificate_advice(*distrust);
            let text = format!("the certificate of {place} is not trusted: {text}");
            failed("certificate", code, text).advise(advice)
        }
        ProbeError::ClientCertificateRequired(text) => tls_failed(text).advise(
            "The server requires a client certificate. Set `client_cert_file` and \
             `client_key_file`.",
        ),
        ProbeError::Tls(text) => tls_failed(text).advise(
            "Check that the server at `base_url` supports https. If it requires a client \
             certificate, set `client_cert_file` and `client_key_file`.",
        ),
        ProbeError::Refused(text) => {
            let advice = match proxy {
                Some(proxy) => format!("The proxy {proxy} does not accept connections. Check its URL."),
                None => "The server does not accept connections. Check host and port in `base_url` (ANACONDA_BASE_URL)."
                    .to_owned(),
            };
            failed(
                "connection",
                "connection_refused",
                format!("{place} refused the connection: {text}"),
            )
            .advise(advice)
        }
        ProbeError::TimedOut(text) => {
            let text = format!("the connection to {place}{way} timed out: {text}");
            failed("connection", "timeout", text).advise(
                "A firewall might drop the requests. If a proxy is required, set HTTPS_PROXY or \
                 `proxy_url`.",
            )
        }
        ProbeError::Proxy(text) => {
            let text = format!("the proxy did not connect to {place}{way}: {text}");
            failed("proxy", "proxy_refused", text).advise(
                "Check the URL and the credentials of the proxy, and that it allows connections to this \
                 host.",
            )
        }
        other => {
            let text = format!("the connection to {place}{way} failed: {other}");
            failed("connection", "connection_failed", text)
                .advise("Check the network, the proxy, and `base_url` (ANACONDA_BASE_URL).")
        }
    }
}

fn certificate_advice(why: TlsRejection) -> (&'static str, &'static str) {
    match why {
        TlsRejection::UnknownAuthority => (
            "unknown_authority",
            "This machine does not trust the CA that signed the certificate. A proxy in your network \
             might inspect TLS. Get its CA certificate as a PEM file, and set `ca_cert_file` \
             (ANACONDA_CA_CERT_FILE) to its path.",
        ),
        TlsRejection::Expired => (
            "certificate_expired",
            "The certificate has expired. Check the clock of this machine. If it is correct, the operator \
             of the server must renew the certificate.",
        ),
        TlsRejection::NotYetValid => (
            "certificate_not_yet_valid",
            "The certificate is not valid yet. Check the clock of this machine.",
        ),
        TlsRejection::OtherName => (
            "certificate_of_another_name",
            "The certificate belongs to another host. Check the host in `base_url` (ANACONDA_BASE_URL).",
        ),
        _ => ("certificate", "Check `base_url`, and `ca_cert_file` (ANACONDA_CA_CERT_FILE)."),
    }
}

async fn resolved(place: &str) -> io::Result<String> {
    // The lookup needs a port, but the port does not matter.
    let asked = match place.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => place.to_owned(),
        _ => format!("{place}:443"),
    };
    let mut found = tokio::net::lookup_host(asked).await?;
    let first = found.next().ok_or_else(|| io::Error::other("no address"))?;
    let more = found.count();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Ok(format!("{}{more}", first.ip()))
}

/// Returns host and port, without credentials.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
