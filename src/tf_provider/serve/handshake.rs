//! Handshake between Terraform and the plugin: the caller, the protocol version, and the address.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::environment::Environment;

/// Version of the handshake.
const CORE_PROTOCOL: u32 = 1;
/// Supported major versions of Terraform's plugin protocol, lowest first.
const SUPPORTED_PROTOCOLS: [u32; 1] = [5];

const COOKIE_NAME: &str = "TF_PLUGIN_MAGIC_COOKIE";
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Reports whether Terraform started the process. This check helps users and is not a security
/// measure.
pub(super) fn has_magic_cookie(environment: &impl Environment) -> bool {
    environment.var(COOKIE_NAME).as_deref() == Some(COOKIE)
}

/// Returns the highest protocol version that both sides support.
///
/// Terraform lists its versions in random order. If there is no common version, or no list, returns
/// the lowest supported one: Terraform then reports a better error to the user than the plugin
/// could.
pub(super) fn protocol(environment: &impl Environment) -> u32 {
    let offered = environment.var("PLUGIN_PROTOCOL_VERSIONS").unwrap_or_default();
    let offered: Vec<u32> = offered.split(',').filter_map(|v| v.trim().parse().ok()).collect();
    let common = SUPPORTED_PROTOCOLS.into_iter().rev().find(|version| offered.contains(version));
    let [lowest, ..] = SUPPORTED_PROTOCOLS;
    common.unwrap_or(lowest)
}

/// Address of the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `unix` or `tcp`.
    pub(super) network: &'static str,
    /// Path of the socket, or host and port.
    pub(super) place: String,
}

/// Returns the handshake line with its line end, which tells Terraform where to connect.
///
/// `certificate` is the plugin's certificate in DER. It must be absent if Terraform did not request
/// TLS: old versions crash on an unexpected certificate. Their decoder also rejects padding.
pub(super) fn line(protocol: u32, address: &Address, certificate: Option<&[u8]>) -> String {
    let Address { network, place } = address;
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    format!("{CORE_PROTOCOL}|{protocol}|{network}|{place}|grpc|{certificate}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_magic_cookie_is_accepted() {
        assert!(has_magic_cookie(&[(COOKIE_NAME, COOKIE)]));
        assert!(!has_magic_cookie(&[(COOKIE_NAME, "")]));
        assert!(!has_magic_cookie(&[(COOKIE_NAME, "yes")]));
        assert!(!has_magic_cookie(&[]));
    }

    #[test]
    fn protocol_is_five_whatever_is_offered() {
        for offered in ["6,5", "5,6", "5", "", "x,5", "6", "4", ",", "5 , 6"] {
            assert_eq!(protocol(&[("PLUGIN_PROTOCOL_VERSIONS", offered)]), 5, "{offered}");
        }
        assert_eq!(protocol(&[]), 5);
    }

    #[test]
    fn handshake_line_always_has_six_fields() {
        let address = Address { network: "unix", place: "/tmp/p/s".into() };
        assert_eq!(line(5, &address, None), "1|5|unix|/tmp/p/s|grpc|\n");
    }

    #[test]
    fn handshake_certificate_has_no_padding() {
        let address = Address { network: "tcp", place: "127.0.0.1:10000".into() };
        assert_eq!(line(5, &address, Some(b"\xff")), "1|5|tcp|127.0.0.1:10000|grpc|/w\n");
    }
}
