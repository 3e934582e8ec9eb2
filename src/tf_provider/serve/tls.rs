//! Mutual TLS with certificates for one process.
//!
//! Terraform creates a key and a certificate for each start, and passes the certificate in
//! `PLUGIN_CLIENT_CERT`. The plugin does the same, and returns its certificate in the handshake
//! line. Each side then trusts exactly one certificate, so no other user of the machine can
//! communicate with either side.
//!
//! Terraform's certificate uses the curve P-521 and is marked as a CA certificate. The usual
//! verifier rejects a CA certificate as a client certificate, and only aws-lc verifies P-521
//! signatures. This is the reason for [`OnlyThisClient`] and that library.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName as Issuer, ServerConfig,
    SignatureScheme,
};

use super::error::Error;

/// Name that Terraform expects in the plugin's certificate.
const SERVER_NAME: &str = "localhost";
/// Time between the start of the certificate's validity and now, so that a slow clock is harmless.
const NOT_BEFORE_SKEW: Duration = Duration::from_secs(60 * 60);
/// Validity of the plugin's certificate. The key exists only as long as the process, so this limits
/// only the longest run.
const VALIDITY: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Problem with the certificate that Terraform passed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadCertificate {
    /// The text is not PEM.
    #[error("not in PEM format")]
    Pem(#[source] rustls::pki_types::pem::Error),
    /// The text does not contain exactly one certificate.
    #[error("contains {0} certificates instead of one")]
    Count(usize),
    /// The content is not an X.509 certificate.
    #[error("not an X.509 certificate")]
    X509(#[source] rustls::Error),
}

/// TLS settings of the listener.
#[derive(Debug)]
pub(super) struct Tls {
    /// Settings for accepting connections.
    pub(super) config: Arc<ServerConfig>,
    /// Certificate of the plugin, for the handshake line.
    pub(super) certificate: CertificateDer<'static>,
}

/// Creates the settings for one client: the one with the certificate in `client_pem`.
///
/// # Errors
/// Returns [`Error::ClientCertificate`] if the text does not contain exactly one certificate. The
/// caller must then not serve at all.
pub(super) fn for_client(client_pem: &str) -> Result<Tls, Error> {
    let client = only_certificate(client_pem).map_err(Error::ClientCertificate)?;
    let (certificate, key) = own_certificate().map_err(Error::ServerCertificate)?;
    let config = config(client, certificate.clone(), key).map_err(Error::Tls)?;
    Ok(Tls { config: Arc::new(config), certificate })
}

pub(super) fn only_certificate(pem: &str) -> Result<CertificateDer<'static>, BadCertificate> {
    let mut found = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(BadCertificate::Pem)?;
    let count = found.len();
    let (Some(certificate), 1) = (found.pop(), count) else {
        return Err(BadCertificate::Count(count));
    };
    ParsedCertificate::try_from(&certificate).map_err(BadCertificate::X509)?;
    Ok(certificate)
}

fn own_certificate() -> Result<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>), rcgen::Error>
{
    // P-256 takes a fifth of a millisecond and P-521 half of one, and each command starts the
    // plugin several times.
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let now = SystemTime::now();
    let mut params = CertificateParams::new([SERVER_NAME.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, SERVER_NAME);
    params.not_before = (now - NOT_BEFORE_SKEW).into();
    params.not_after = (now + VALIDITY).into();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.self_signed(&key)?;
    Ok((certificate.into(), key.serialize_der().into()))
}

fn config(
    client: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let crypto = Arc::new(aws_lc_rs::default_provider());
    let verifier = OnlyThisClient { client, algorithms: crypto.signature_verification_algorithms };
    let mut config = ServerConfig::builder_with_provider(crypto)
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_single_cert(vec![certificate], key.into())?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A resumed session would skip the verification of the client.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Verifier that accepts only the holder of the key of one certificate.
#[derive(Debug)]
struct OnlyThisClient {
    client: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for OnlyThisClient {
    fn root_hint_subjects(&self) -> &[Issuer] {
        &[]
    }

    /// Compares byte for byte. The issuer and the validity add nothing: Terraform passed the
    /// certificate for this process.
    fn verify_client_cert(
        &self,
        presented: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if *presented == self.client {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    // The certificate is not a secret: every process of the user can read it in the environment of
    // the plugin. The signature proves the possession of the key.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn pem() -> String {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        let params = CertificateParams::new([SERVER_NAME.to_owned()]).unwrap();
        armour(params.self_signed(&key).unwrap().der())
    }

    fn armour(der: &[u8]) -> String {
        let text = STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    #[test]
    fn single_pem_certificate_is_accepted() {
        assert!(for_client(&pem()).is_ok());
    }

    #[test]
    fn missing_multiple_or_invalid_certificates_are_rejected() {
        let cut = pem().split_off(200);
        for text in ["", "hello", &armour(b"rubbish"), &format!("{}{}", pem(), pem()), &cut] {
            let refused = for_client(text);
            assert!(matches!(refused, Err(Error::ClientCertificate(_))), "{text:?}: {refused:?}");
        }
    }

    #[test]
    fn each_start_generates_new_certificate() {
        let pem = pem();
        let (one, two) = (for_client(&pem).unwrap(), for_client(&pem).unwrap());
        assert_ne!(one.certificate, two.certificate);
    }

    #[test]
    fn tls_sessions_cannot_be_resumed() {
        let config = for_client(&pem()).unwrap().config;
        assert_eq!(config.send_tls13_tickets, 0);
        assert!(!config.session_storage.can_cache());
        assert!(!config.ticketer.enabled());
    }
}
