//! One GET without credentials, which shows whether a server responds and whether its certificate
//! is trusted.

use std::error::Error as StdError;

use rustls::{AlertDescription, CertificateError};

use super::http::{self, Failure};
use super::request::{ApiRequest, HttpMethod};
use super::{Error, Org};

/// Reason why a server's certificate is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsRejection {
    /// It is not signed by a trusted CA.
    UnknownAuthority,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It was issued for other host names.
    OtherName,
    /// Any other reason.
    Other,
}

/// Reason for a missing response.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The settings do not allow a request.
    #[error("{0}")]
    Setup(Error),
    /// The server's certificate is not trusted.
    #[error("{text}")]
    Certificate {
        /// Reason.
        distrust: TlsRejection,
        /// Message of the TLS library.
        text: String,
    },
    /// The server requires a client certificate, and the settings have none.
    #[error("{0}")]
    ClientCertificateRequired(String),
    /// TLS failed for another reason.
    #[error("{0}")]
    Tls(String),
    /// No server listens at this address.
    #[error("{0}")]
    Refused(String),
    /// The request timed out.
    #[error("{0}")]
    TimedOut(String),
    /// The proxy did not forward the request.
    #[error("{0}")]
    Proxy(String),
    /// The connection failed in another way, or closed before a response.
    #[error("{0}")]
    Broken(String),
}

impl Org {
    /// Sends one GET without an access token to a list of the organization (such as `users`), or to
    /// the root of the API if the organization is unknown. Returns the status, which most likely is
    /// a rejection.
    ///
    /// # Errors
    /// Returns [`ProbeError`] if there was no response.
    pub async fn probe(&self, list: &str) -> Result<u16, ProbeError> {
        let call = match self.call(HttpMethod::Get, &[list]) {
            Ok(call) => call,
            Err(Error::Unavailable(_)) => ApiRequest::new(HttpMethod::Get, self.inner.api.clone()),
            Err(other) => return Err(ProbeError::Setup(other)),
        };
        let sent = self.inner.http.send(&call, None).await;
        let sent = sent.map_err(|e| match e {
            Error::ProxyRefused { .. } => ProbeError::Proxy(e.to_string()),
            other => ProbeError::Setup(other),
        });
        match sent? {
            Ok(answer) => Ok(answer.status),
            Err(Failure::NotConnected { source, .. } | Failure::Lost(source)) => {
                Err(no_answer(&source))
            }
            Err(_) => Err(ProbeError::Broken("the response is too large".to_owned())),
        }
    }
}

fn no_answer(e: &reqwest::Error) -> ProbeError {
    let text = http::chain(e);
    let found = causes(e).find_map(|cause| {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Some(match tls {
                rustls::Error::InvalidCertificate(why) => {
                    ProbeError::Certificate { distrust: distrust(why), text: tls.to_string() }
                }
                rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
                    ProbeError::ClientCertificateRequired(tls.to_string())
                }
                other => ProbeError::Tls(other.to_string()),
            });
        }
        match cause.downcast_ref::<std::io::Error>()?.kind() {
            std::io::ErrorKind::ConnectionRefused => Some(ProbeError::Refused(text.clone())),
            std::io::ErrorKind::TimedOut => Some(ProbeError::TimedOut(text.clone())),
            _ => None,
        }
    });
    match found {
        Some(found) => found,
        None if text.contains("tunnel") || text.contains("proxy") => ProbeError::Proxy(text),
        None if e.is_timeout() => ProbeError::TimedOut(text),
        None => ProbeError::Broken(text),
    }
}

/// Returns an error and all its causes. Includes the error that an I/O error wraps, which its
/// `source` skips.
fn causes<'a>(
    e: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(e), |e| {
        let e: &'a (dyn StdError + 'static) = *e;
        let inner = e.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        inner.map(|inner| -> &'a (dyn StdError + 'static) { inner }).or_else(|| e.source())
    })
}

fn distrust(why: &CertificateError) -> TlsRejection {
    match why {
        CertificateError::UnknownIssuer => TlsRejection::UnknownAuthority,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            TlsRejection::Expired
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            TlsRejection::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsRejection::OtherName
        }
        _ => TlsRejection::Other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{Server, on, org, settings};
    use super::*;

    #[tokio::test]
    async fn probe_sends_no_credentials_and_returns_status() {
        let refused = json!({"error": {"code": "auth_required"}});
        let server = Server::start([on("GET ./users", 401, &refused)]).await;
        assert_eq!(server.org().probe("users").await.unwrap(), 401);
        assert_eq!(server.seen()[0].authorization, None);
    }

    #[tokio::test]
    async fn closed_port_differs_from_other_probe_errors() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let failure = org(settings(&address)).probe("users").await.unwrap_err();
        assert!(matches!(failure, ProbeError::Refused(_)), "{failure:?}");
        let failure = org(settings("https://nobody.invalid")).probe("users").await.unwrap_err();
        assert!(matches!(failure, ProbeError::Broken(_)), "{failure:?}");
    }
}
