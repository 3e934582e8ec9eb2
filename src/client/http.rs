//! One attempt: sends a request over the shared connections and reads the response, within limits.
//!
//! It makes no decisions: other modules interpret the outcome and decide about retries.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Identity, Proxy, Response, Url};

use super::observer::{self, ResponseObserver};
use super::request::{ApiRequest, Body};
use super::trace::Trace;
use super::{Error, Settings, client_certificate, proxy};
use crate::secret::Secret;

/// Maximum size of a response: some hundred thousand users.
pub(super) const LARGEST: usize = 64 << 20;

/// Maximum number of bytes that are read of an error response. A longer error page does not help.
const LARGEST_ERROR_BODY: usize = 64 << 10;

/// Connection timeout. It is separate from the timeout of the request, because a failed connection
/// proves that the request was not processed.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Idle timeout of a connection. It is shorter than the keep-alive of common servers and load
/// balancers (60 seconds and more). This prevents a POST on a connection that the server is
/// closing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Outcome of one attempt.
pub(super) type Outcome = Result<ApiResponse, Failure>;

/// Response of any status.
#[derive(Clone, Debug, Default)]
pub(super) struct ApiResponse {
    /// HTTP status.
    pub(super) status: u16,
    /// Unparsed `Retry-After` header.
    pub(super) retry_after: Option<String>,
    /// Unparsed `Location` header.
    pub(super) location: Option<String>,
    /// Identifiers of this request in the logs of the service.
    pub(super) trace: Trace,
    /// Whether the `Content-Type` header declares HTML.
    pub(super) html: bool,
    /// Decompressed body. For an error response, only its beginning.
    pub(super) body: Vec<u8>,
}

impl ApiResponse {
    /// Reports whether the status is 2xx.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Reason for a missing response.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection failed, so nothing was sent.
    NotConnected {
        /// Error of the HTTP library.
        source: reqwest::Error,
        /// Whether a retry is pointless because the certificate is not trusted.
        permanent: bool,
    },
    /// The request might have reached the server, but its response was lost.
    Lost(reqwest::Error),
    /// The response is larger than [`LARGEST`].
    TooLarge,
}

/// HTTP client, built at the first request. Reading the system certificates takes milliseconds,
/// which a plan without requests does not need to spend.
pub(super) struct Http {
    client: Mutex<Option<Client>>,
    base_url: Url,
    loopback: bool,
    proxy_url: Option<Url>,
    roots: Vec<Certificate>,
    identity: Option<Identity>,
    headers: HeaderMap,
    timeout: Duration,
    user_agent: String,
    /// Receives each unmodified response, for diagnosis.
    tap: Option<Arc<dyn ResponseObserver>>,
}

impl Http {
    /// Checks the settings that can be checked without a connection.
    pub(super) fn new(
        settings: &Settings,
        tap: Option<Arc<dyn ResponseObserver>>,
    ) -> Result<Self, Error> {
        Ok(Self {
            client: Mutex::new(None),
            base_url: settings.base_url.clone(),
            loopback: is_loopback(&settings.base_url),
            proxy_url: settings.proxy_url.clone(),
            roots: settings.ca_cert_pem.as_deref().map_or(Ok(Vec::new()), certificates)?,
            identity: settings.identity.as_ref().map(client_certificate::read).transpose()?,
            headers: headers(&settings.extra_headers)?,
            timeout: settings.request_timeout,
            user_agent: settings.user_agent.clone(),
            tap,
        })
    }

    /// Sends the request once.
    ///
    /// # Errors
    /// Returns [`Error::Setup`] if the client cannot be built, or if the URL is not allowed. All
    /// other failures are an [`Outcome`].
    pub(super) async fn send(
        &self,
        call: &ApiRequest,
        bearer: Option<&Secret>,
    ) -> Result<Outcome, Error> {
        if call.url.scheme() != "https" && !is_loopback(&call.url) {
            return Err(setup("credentials require https, except on a loopback address"));
        }
        let client = self.client()?;
        let mut request = client
            .request(call.verb.method(), call.url.clone())
            .header(header::ACCEPT, "application/json");
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer.expose());
        }
        request = match &call.body {
            Body::Empty => request,
            Body::Json(text) => {
                request.header(header::CONTENT_TYPE, "application/json").body(text.clone())
            }
            Body::Form(fields) => {
                let fields = fields.iter().map(|(name, value)| (*name, value.expose()));
                request.form(&fields.collect::<Vec<_>>())
            }
        };
        let mut request = request.build().map_err(|e| {
            setup(&format!("failed to build the request: {}", chain(&e.without_url())))
        })?;
        // A request goes only to the configured host: its URL is below the base URL, or is a page
        // of its list.
        for (name, value) in &self.headers {
            request.headers_mut().insert(name, value.clone());
        }
        let response = match client.execute(request).await {
            Ok(response) => response,
            Err(e) => {
                let e = e.without_url();
                if proxy::refused(&chain(&e))
                    && let Some(proxy) = proxy::of(self.proxy_url.as_ref(), &call.url)
                    && let Some(refusal) = proxy::refusal(&proxy, &call.url).await
                {
                    return Err(refusal);
                }
                return Ok(Err(failure(e)));
            }
        };
        Ok(match &self.tap {
            None => read(response).await,
            Some(tap) => observer::read(tap.as_ref(), call, response).await,
        })
    }

    fn client(&self) -> Result<Client, Error> {
        let mut made = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*made {
            return Ok(client.clone());
        }
        let client = self.build()?;
        *made = Some(client.clone());
        Ok(client)
    }

    fn build(&self) -> Result<Client, Error> {
        let mut builder = Client::builder()
            .user_agent(&self.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .https_only(!self.loopback)
            .timeout(self.timeout)
            // Half of the request timeout, so that for an unreachable host the connection timeout
            // expires first.
            .connect_timeout(CONNECT_TIMEOUT.min(self.timeout / 2))
            .pool_idle_timeout(IDLE_TIMEOUT);
        if self.base_url.scheme() == "http" {
            // Without encryption no certificates are needed, not even those of the system.
            builder = builder.tls_certs_only(self.roots.clone());
        } else if !self.roots.is_empty() {
            builder = builder.tls_certs_merge(self.roots.clone());
        }
        if let Some(identity) = &self.identity {
            self.reject_https_proxy()?;
            builder = builder.identity(identity.clone());
        }
        if self.loopback {
            builder = builder.no_proxy();
        } else if let Some(url) = &self.proxy_url {
            let proxy = Proxy::all(url.clone());
            builder =
                builder.proxy(proxy.map_err(|e| {
                    setup(&format!("invalid proxy URL: {}", chain(&e.without_url())))
                })?);
        }
        builder.build().map_err(|e| setup(&chain(&e.without_url())))
    }
}

impl Http {
    /// Rejects an HTTPS proxy if a client certificate is set: the proxy might request a certificate
    /// and would receive this one.
    fn reject_https_proxy(&self) -> Result<(), Error> {
        let of_environment = || {
            let host = self.base_url.as_str().parse().ok()?;
            Some(Matcher::from_system().intercept(&host)?.uri().scheme_str() == Some("https"))
        };
        let https = match &self.proxy_url {
            _ if self.loopback => false,
            Some(url) => url.scheme() == "https",
            None => of_environment().unwrap_or(false),
        };
        if https {
            return Err(setup(
                "an https proxy would also receive the client certificate. Use an http proxy: requests \
                 through it are encrypted, too",
            ));
        }
        Ok(())
    }
}

/// Reports whether the host is a loopback address or `localhost`.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// Converts headers to the type of the HTTP library. Errors contain no values.
fn headers(pairs: &[(String, Secret)]) -> Result<HeaderMap, Error> {
    let header = |(name, value): &(String, Secret)| {
        let read = HeaderName::from_bytes(name.as_bytes()).ok();
        let value = HeaderValue::from_str(value.expose()).ok();
        let (Some(read), Some(mut value)) = (read, value) else {
            return Err(setup(&format!("invalid header {name:?}")));
        };
        value.set_sensitive(true);
        Ok((read, value))
    };
    pairs.iter().map(header).collect()
}

/// Parses the certificates of a PEM text.
fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, Error> {
    let bad = |why: &str| setup(&format!("invalid CA certificates: {why}"));
    let roots = Certificate::from_pem_bundle(pem).map_err(|e| bad(&chain(&e)))?;
    if roots.is_empty() {
        return Err(bad("the text contains no \"BEGIN CERTIFICATE\""));
    }
    Ok(roots)
}

/// Reads a response to its end, or to the size limit.
pub(super) async fn read(mut response: Response) -> Outcome {
    let text = |name| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    let mut answer = ApiResponse {
        status: response.status().as_u16(),
        retry_after: text(header::RETRY_AFTER),
        location: text(header::LOCATION),
        trace: Trace::of(response.headers()),
        html: text(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html")),
        body: Vec::new(),
    };
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => answer.body.extend_from_slice(&chunk),
            Ok(None) => return Ok(answer),
            // The status is sufficient: an unreadable body does not change the rejection.
            Err(_) if !answer.is_success() => return Ok(answer),
            Err(e) => return Err(Failure::Lost(e.without_url())),
        }
        if !answer.is_success() && answer.body.len() > LARGEST_ERROR_BODY {
            answer.body.truncate(LARGEST_ERROR_BODY);
            return Ok(answer);
        }
        if answer.body.len() > LARGEST {
            return Err(Failure::TooLarge);
        }
    }
}

fn failure(e: reqwest::Error) -> Failure {
    let e = e.without_url();
    if e.is_connect() {
        Failure::NotConnected { permanent: is_certificate_error(&e), source: e }
    } else {
        Failure::Lost(e)
    }
}

/// Reports whether the chain of causes contains a TLS certificate error, which a retry cannot fix.
fn is_certificate_error(e: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(e);
    while let Some(e) = next {
        // `source` of an I/O error skips the error that it wraps.
        let inner = e.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = e.downcast_ref().or_else(|| inner.and_then(|inner| inner.downcast_ref()));
        if let Some(rustls::Error::InvalidCertificate(_)) = tls {
            return true;
        }
        next = match inner {
            Some(inner) => Some(inner),
            None => e.source(),
        };
    }
    false
}

/// Returns an error and all its causes in one line, for messages that keep no source.
pub(super) fn chain(e: &(dyn StdError + 'static)) -> String {
    let mut text = e.to_string();
    let mut next = e.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

pub(super) fn setup(what: &str) -> Error {
    Error::Setup { what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::Org;
    use super::super::client_certificate::tests::tls_server;
    use super::super::testing::{Server, on_raw, org, settings, sign_in, user_id};
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn loopback_differs_from_similar_host_names() {
        for url in ["http://localhost:1", "http://127.9.9.9", "http://[::1]:2"] {
            assert!(is_loopback(&url.parse().unwrap()), "{url}");
        }
        for url in ["http://localhost.example.com", "http://127.0.0.1.nip.io", "http://10.0.0.1"] {
            assert!(!is_loopback(&url.parse().unwrap()), "{url}");
        }
    }

    #[test]
    fn invalid_ca_certificate_is_rejected_immediately() {
        let bad_der = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        for pem in ["", "not PEM", bad_der] {
            let settings =
                Settings { ca_cert_pem: Some(pem.into()), ..settings("https://anaconda.invalid") };
            let text = Org::new(settings).unwrap_err().to_string();
            assert!(text.contains("invalid CA certificates"), "{text}");
        }
    }

    #[test]
    fn base_url_with_credentials_is_rejected() {
        let error = Org::new(settings("https://ada:pw@anaconda.invalid")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("pw"));
    }

    /// `{"items":[]}`, compressed.
    const GZIPPED: &[u8] = &[
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 202, 44, 73, 205, 45, 86, 178, 138, 142, 173, 5,
        0, 29, 31, 67, 234, 12, 0, 0, 0,
    ];

    #[tokio::test]
    async fn compressed_response_is_read_and_loopback_bypasses_proxy() {
        let gzipped = on_raw("GET ./service-accounts", 200, "content-encoding: gzip\r\n", GZIPPED);
        let server = Server::start([sign_in("bearer", 900), gzipped]).await;
        let nobody = "http://127.0.0.1:1".parse().unwrap();
        let org = org(Settings { proxy_url: Some(nobody), ..server.settings() });
        assert!(org.service_accounts().await.unwrap().is_empty());
    }

    /// Returns `length` bytes of white space, compressed to a thousandth.
    fn bomb(length: usize) -> Vec<u8> {
        use std::io::Write as _;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..length.div_ceil(1 << 20) {
            packed.write_all(&vec![b' '; 1 << 20]).unwrap();
        }
        packed.finish().unwrap()
    }

    #[tokio::test]
    async fn decompression_bomb_response_is_rejected() {
        let packed = bomb(LARGEST + 1);
        assert!(packed.len() < LARGEST / 500);
        let headers = "content-encoding: gzip\r\n";
        let refused = on_raw("GET ./service-accounts", 400, headers, &packed);
        let answer = on_raw("GET ./service-accounts", 200, headers, &packed);
        let server = Server::start([sign_in("bearer", 900), answer, refused]).await;
        let org = server.org();
        let error = org.service_accounts().await.unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
        let error = org.service_accounts().await.unwrap_err();
        assert!(matches!(error, Error::Api { status: 400, .. }), "{error:?}");
    }

    #[tokio::test]
    async fn deeply_nested_json_is_rejected() {
        let deep = "[".repeat(1 << 20);
        for body in [format!("{{\"items\":[{deep}"), format!("{{\"total\":{deep}"), deep] {
            let body = format!("{body}{}", "]".repeat(1 << 20));
            let answer = on_raw("GET ./service-accounts", 200, "", body.as_bytes());
            let server = Server::start([sign_in("bearer", 900), answer]).await;
            let error = server.org().service_accounts().await.unwrap_err();
            assert!(matches!(error, Error::Unreadable { .. }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn extra_headers_are_sent_and_masked() {
        let echo = br#"{"error": {"code": "x", "message": "no secret-of-the-proxy, no a"}}"#;
        let refused = on_raw("GET ./service-accounts", 403, "", echo);
        let server = Server::start([sign_in("bearer", 900), refused]).await;
        let pair = |name: &str, value: &str| (name.to_owned(), Secret::new(value.to_owned()));
        let extra_headers = vec![
            pair("CF-Access-Client-Secret", "secret-of-the-proxy"),
            pair("X-Short", "a"),
            pair("accept", "text/plain"),
        ];
        let settings = Settings { extra_headers, ..server.settings() };
        assert!(!format!("{settings:?}").contains("secret-of-the-proxy"));
        let error = org(settings).service_accounts().await.unwrap_err();
        assert_eq!(error.message(), "no ***, no a");
        for seen in server.seen() {
            let count = |line: &str| seen.headers.iter().filter(|it| it.as_str() == line).count();
            for header in
                ["cf-access-client-secret: secret-of-the-proxy", "x-short: a", "accept: text/plain"]
            {
                assert_eq!(count(header), 1, "{header}: {:?}", seen.headers);
            }
            assert_eq!(count("accept: application/json"), 0);
        }
        let bad = Settings { extra_headers: vec![pair("X", "a\nb")], ..server.settings() };
        let text = Org::new(bad).unwrap_err().to_string();
        assert!(text.contains("\"X\"") && !text.contains("a\nb"), "{text}");
    }

    #[tokio::test]
    async fn certificate_of_configured_ca_is_trusted() {
        let (settings, pem) = tls_server().await;
        let settings = Settings { ca_cert_pem: Some(pem.into()), ..settings };
        org(settings).remove_user(&user_id(1)).await.unwrap();
    }

    #[tokio::test]
    async fn untrusted_certificate_error_is_not_retried() {
        let (settings, _) = tls_server().await;
        let error = org(settings).users().await.unwrap_err();
        let Error::Unreachable { attempts, source, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*attempts, 1);
        assert!(chain(source).to_lowercase().contains("certificate"), "{}", chain(source));
    }
}
