//! Fuzz tests of the input of the process at its start.

use super::{handshake, tls};

#[test]
fn client_certificate_parses_or_returns_error() {
    bolero::check!().with_iterations(5000).for_each(|input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        let armoured = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        for pem in [text.as_ref(), &armoured] {
            drop(tls::only_certificate(pem));
        }
        // The provider accepts every offer of the host.
        let offer = [("PLUGIN_PROTOCOL_VERSIONS", text.as_ref())];
        assert!([5, 6].contains(&handshake::protocol(&offer)));
    });
}
