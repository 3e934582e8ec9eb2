//! Client certificates: converts PEM into the identity type of the HTTP library.

use reqwest::Identity;
use zeroize::Zeroizing;

use super::http::{chain, setup};
use super::{Error, settings};

/// First line of each certificate, without its final hyphens.
const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE";

/// Reads a client certificate and its key.
///
/// # Errors
/// Returns [`Error::Setup`] if the certificate or the key is missing, or if the key is encrypted.
pub(super) fn read(pem: &settings::Identity) -> Result<Identity, Error> {
    let bad = |why: &str| setup(&format!("the client certificate cannot be used: {why}"));
    if !pem.cert.windows(CERTIFICATE.len()).any(|it| it == CERTIFICATE) {
        return Err(bad("there is no \"BEGIN CERTIFICATE\" in its text"));
    }
    let key = pem.key.expose();
    if key.contains("ENCRYPTED") {
        return Err(bad("its key is encrypted with a passphrase. Decrypt the key first"));
    }
    if !key.contains("PRIVATE KEY-----") {
        return Err(bad("there is no \"BEGIN PRIVATE KEY\" in the text of its key"));
    }
    // The same file, with the certificate and the key, can be set for both arguments.
    let cert = String::from_utf8_lossy(&pem.cert);
    let parts = sections(key, "PRIVATE KEY").into_iter().take(1);
    let parts = parts.chain(sections(&cert, "CERTIFICATE")).collect::<Vec<_>>();
    let whole = Zeroizing::new(parts.join("\n"));
    Identity::from_pem(whole.as_bytes()).map_err(|e| bad(&chain(&e)))
}

/// Returns the sections of a PEM text whose label ends with `label`.
fn sections<'a>(text: &'a str, label: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(section) = rest.find("-----BEGIN ").and_then(|at| rest.get(at..)) {
        let end = section.find("-----END ").and_then(|at| {
            let after = section.get(at + "-----END ".len()..)?;
            Some(section.len() - after.len() + after.find("-----")? + "-----".len())
        });
        let Some((section, after)) = end.and_then(|end| section.split_at_checked(end)) else {
            break;
        };
        let first = section.lines().next().unwrap_or_default().trim_end();
        if first.strip_suffix("-----").is_some_and(|line| line.ends_with(label)) {
            found.push(section);
        }
        rest = after;
    }
    found
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use base64::Engine as _;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
    use tokio_rustls::rustls::pki_types::CertificateDer;
    use tokio_rustls::rustls::server::WebPkiClientVerifier;
    use tokio_rustls::rustls::server::danger::ClientCertVerifier;
    use tokio_rustls::rustls::{RootCertStore, ServerConfig};

    use super::super::testing::{org, settings, user_id};
    use super::super::{Credentials, Org, Settings, settings};
    use super::*;
    use crate::secret::Secret;

    /// Returns a client certificate and its key.
    fn client_identity() -> (CertificateDer<'static>, settings::Identity) {
        let made = rcgen::generate_simple_self_signed(["terraform".to_owned()]).unwrap();
        let key = Secret::new(pem("PRIVATE KEY", &made.signing_key.serialize_der()));
        let cert = pem("CERTIFICATE", made.cert.der()).into_bytes();
        let identity = settings::Identity { cert, key };
        (made.cert.der().clone(), identity)
    }

    #[tokio::test]
    async fn client_certificate_is_sent_when_server_requires_one() {
        let (der, identity) = client_identity();
        let (settings, pem) = tls_server_for(Some(der)).await;
        let settings = || Settings { ca_cert_pem: Some(pem.clone().into()), ..copy(&settings) };
        let with = |identity| org(Settings { identity, ..settings() });
        let one = user_id(1);
        with(Some(identity.clone())).remove_user(&one).await.unwrap();
        // One file with both, set for both arguments.
        let mut both = identity.cert.clone();
        both.extend_from_slice(identity.key.expose().as_bytes());
        let key = Secret::new(String::from_utf8(both.clone()).unwrap());
        with(Some(settings::Identity { cert: both, key })).remove_user(&one).await.unwrap();

        for wrong in [None, Some(client_identity().1)] {
            let error = with(wrong).remove_user(&one).await.unwrap_err();
            assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
        }
        let mixed = settings::Identity { key: client_identity().1.key, ..identity };
        let error = with(Some(mixed)).remove_user(&one).await.unwrap_err();
        assert!(matches!(error, Error::Setup { .. }), "{error:?}");
    }

    #[test]
    fn unusable_client_certificate_is_rejected_and_masked() {
        let (_, good) = client_identity();
        let key = |text: &str| Secret::new(text.to_owned());
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIhidden\n";
        for (identity, why) in [
            (settings::Identity { key: key(encrypted), ..good.clone() }, "passphrase"),
            (settings::Identity { key: key("hidden"), ..good.clone() }, "BEGIN PRIVATE KEY"),
            (settings::Identity { cert: b"hidden".to_vec(), ..good }, "BEGIN CERTIFICATE"),
        ] {
            let settings = settings("https://anaconda.invalid");
            let error = Org::new(Settings { identity: Some(identity), ..settings }).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains(why) && !text.contains("hidden"), "{text}");
        }
    }

    #[tokio::test]
    async fn client_certificate_is_never_sent_to_proxy() {
        let settings = settings("https://anaconda.invalid");
        let proxy_url = Some("https://proxy.invalid".parse().unwrap());
        let identity = Some(client_identity().1);
        let error = org(Settings { proxy_url, identity, ..settings }).users().await.unwrap_err();
        assert!(error.to_string().contains("https proxy"), "{error}");
    }

    /// Starts a TLS server with a self-signed certificate that returns 204 to all requests. Returns
    /// its PEM certificate.
    pub(in super::super) async fn tls_server() -> (Settings, String) {
        tls_server_for(None).await
    }

    /// As [`tls_server`], but accepts only clients that present this certificate.
    async fn tls_server_for(client: Option<CertificateDer<'static>>) -> (Settings, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let der = made.cert.der().clone();
        let key = made.signing_key.serialize_der().try_into().unwrap();
        let config = ServerConfig::builder_with_provider(default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier(client))
            .with_single_cert(vec![der.clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let _ = stream.read(&mut [0; 4096]).await;
                    let _ = stream.write_all(b"HTTP/1.1 204 Gone\r\n\r\n").await;
                }
            }
        });
        let pem = pem("CERTIFICATE", &der);
        let mut settings = settings(&format!("https://localhost:{port}"));
        settings.service_account = Ok(Credentials::AccessToken(Secret::new("bearer".into())));
        (settings, pem)
    }

    fn pem(label: &str, der: &[u8]) -> String {
        let base64 = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
    }

    fn copy(of: &Settings) -> Settings {
        let service_account = of.service_account.clone();
        Settings { service_account, ..settings(of.base_url.as_str()) }
    }

    fn verifier(client: Option<CertificateDer<'static>>) -> Arc<dyn ClientCertVerifier> {
        let Some(client) = client else { return WebPkiClientVerifier::no_client_auth() };
        let mut roots = RootCertStore::empty();
        roots.add(client).unwrap();
        let provider = Arc::new(default_provider());
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.build().unwrap()
    }
}
