//! TLS authentication of the clients of the plugin.

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::certificates::{Identity, client};
use crate::connector::Connector;
use crate::harness::{Launch, Plugin};
use crate::proto::tfplugin5::get_provider_schema;

/// Returns a connector that presents `identity` to the plugin.
fn connector(
    plugin: &Plugin,
    identity: Option<&Identity>,
    version: &'static SupportedProtocolVersion,
) -> Connector {
    let server = plugin.handshake.certificate.as_ref().unwrap();
    Connector { tls: Some(client(server, identity, &[version])), ..plugin.connector.clone() }
}

/// Returns whether the plugin accepts a client. Only then does it respond with HTTP/2.
async fn admits(connector: &Connector) -> bool {
    let Ok(mut stream) = connector.handshake().await else { return false };
    let no_settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    if stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.is_err()
        || stream.write_all(&no_settings).await.is_err()
    {
        return false;
    }
    matches!(stream.read(&mut [0; 9]).await, Ok(length) if length > 0)
}

#[tokio::test]
async fn only_client_with_key_can_connect() {
    let plugin = Plugin::start().await;
    let (right, other) = (plugin.identity.clone().unwrap(), Identity::new());
    let stolen = right.with_key_of(&other);
    for version in [&TLS13, &TLS12] {
        assert!(admits(&connector(&plugin, Some(&right), version)).await, "{version:?}");
        assert!(!admits(&connector(&plugin, None, version)).await, "{version:?}");
        assert!(!admits(&connector(&plugin, Some(&other), version)).await, "{version:?}");
        assert!(!admits(&connector(&plugin, Some(&stolen), version)).await, "{version:?}");
    }
}

#[tokio::test]
async fn both_tls_versions_negotiate_http2_with_handshake_certificate() {
    let plugin = Plugin::start().await;
    for version in [&TLS13, &TLS12] {
        let connector = connector(&plugin, plugin.identity.as_ref(), version);
        let stream = connector.handshake().await.unwrap();
        let (_, session) = stream.get_ref();
        assert_eq!(session.alpn_protocol(), Some(b"h2".as_slice()));
        assert_eq!(session.protocol_version(), Some(version.version));
        assert_eq!(
            session.peer_certificates().unwrap().first(),
            plugin.handshake.certificate.as_ref()
        );
    }
}

#[tokio::test]
async fn handshake_certificate_always_decodes_from_line() {
    // The length of the certificate varies, and the encoding must not contain padding.
    for _ in 0..50 {
        let plugin = Plugin::start().await;
        plugin.connector.handshake().await.unwrap();
    }
}

#[tokio::test]
async fn broken_client_certificate_never_disables_tls() {
    let cut = Identity::new().pem().split_off(300);
    for broken in ["", "nonsense", &cut] {
        let output = Launch::without_tls().env("PLUGIN_CLIENT_CERT", broken).output().await;
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout), (Some(1), vec![]));
        assert!(text.contains("PLUGIN_CLIENT_CERT"), "{text}");
    }
}

#[tokio::test]
async fn missing_client_certificate_means_plain_http2() {
    let plugin = Launch::without_tls().start().await;
    assert_eq!(plugin.handshake.certificate, None);
    assert!(plugin.handshake.line.ends_with("|grpc|\n"));
    plugin.client().await.get_schema(get_provider_schema::Request {}).await.unwrap();
}

#[tokio::test]
async fn silent_and_malformed_peers_block_no_client() {
    let plugin = Plugin::start().await;
    let mut peers = Vec::new();
    for _ in 0..20 {
        let silent = UnixStream::connect(&plugin.connector.socket).await.unwrap();
        let mut noisy = UnixStream::connect(&plugin.connector.socket).await.unwrap();
        noisy.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        peers.extend([silent, noisy]);
    }
    plugin.client().await.get_schema(get_provider_schema::Request {}).await.unwrap();
    drop(peers);
}
