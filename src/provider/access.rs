//! Settings that an access proxy requires: extra headers and a client certificate.

use std::collections::BTreeSet;

use reqwest::header::{HeaderName, HeaderValue};

use super::settings::{Environment, Setting, from_file};
use crate::client::Identity;
use crate::secret::Secret;
use crate::tf_provider::Attr;
use crate::tf_provider::diagnostics::{Diagnostic, Result};
use crate::tf_provider::log::mask;
use crate::tf_provider::value::Value;

/// The minimum length of a masked value.
///
/// Masking shorter values, which are not secrets, would make the log unreadable.
const MIN_SECRET_LENGTH: usize = 4;

/// Headers that the client sets itself, or that would break the connection.
const RESERVED: [&str; 8] = [
    "authorization",
    "connection",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Returns an error for a map with a header that cannot be sent. The message contains no value.
pub(super) fn are_headers(value: &Value) -> std::result::Result<(), String> {
    let Value::Object(headers) = value else { return Ok(()) };
    let mut names = BTreeSet::new();
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(format!("\"{name}\" is not a valid header name."));
        }
        if RESERVED.contains(&lower.as_str()) || lower.starts_with("content-") {
            return Err(format!(
                "The header \"{name}\" cannot be set, because the provider sets it. Remove the key \"{name}\"."
            ));
        }
        if !names.insert(lower) {
            return Err(format!(
                "The header \"{name}\" is set twice. Header names are case-insensitive. Remove one of the \
                 two keys."
            ));
        }
        if value.as_str().is_some_and(|text| !is_sendable(text.trim())) {
            return Err(format!("The value of \"{name}\" must be visible ASCII text on one line."));
        }
    }
    Ok(())
}

/// Returns the headers to send, from the argument `extra_headers`. Ignores null elements.
///
/// # Errors
/// Returns an error if a header is invalid, or if a value names a file that cannot be used.
pub(super) fn extra_headers(argument: &Value) -> Result<Vec<(String, Secret)>> {
    let Value::Object(headers) = argument else { return Ok(Vec::new()) };
    are_headers(argument).map_err(invalid_headers)?;
    let mut read = Vec::new();
    for (name, value) in headers {
        let Some(text) = value.as_str() else { continue };
        let source = format!("The header \"{name}\" of `extra_headers`");
        let text = from_file(text.to_owned(), &source, "extra_headers")?;
        let text = text.trim();
        if !is_sendable(text) {
            let what = format!("The value of \"{name}\" must be visible ASCII text on one line.");
            return Err(invalid_headers(what).into());
        }
        let value = Secret::new(text.to_owned());
        if text.len() >= MIN_SECRET_LENGTH {
            mask(&value);
        }
        read.push((name.clone(), value));
    }
    Ok(read)
}

/// Reports whether a header can have this value.
///
/// HTTP allows more characters, but servers interpret them differently.
fn is_sendable(text: &str) -> bool {
    text.is_ascii() && HeaderValue::from_str(text).is_ok()
}

fn invalid_headers(what: String) -> Diagnostic {
    Diagnostic::error("Invalid extra headers", what).at("extra_headers")
}

/// The four arguments of a client certificate.
pub(super) struct Certificate<'a> {
    pub(super) cert_file: &'a Attr<String>,
    pub(super) cert_pem: &'a Attr<String>,
    pub(super) key_file: &'a Attr<String>,
    pub(super) key_pem: &'a Attr<String>,
}

impl Certificate<'_> {
    /// Returns the certificate and its key, if they are configured.
    ///
    /// # Errors
    /// Returns an error if only one of them is set, if one has two sources, or if a file cannot be
    /// read.
    pub(super) fn read(&self, environment: Environment<'_>) -> Result<Option<Identity>> {
        let cert = Part {
            file: ("client_cert_file", "ANACONDA_CLIENT_CERT_FILE", self.cert_file),
            pem: ("client_cert_pem", self.cert_pem),
        };
        let key = Part {
            file: ("client_key_file", "ANACONDA_CLIENT_KEY_FILE", self.key_file),
            pem: ("client_key_pem", self.key_pem),
        };
        let unknown = [self.cert_file, self.cert_pem, self.key_file, self.key_pem];
        if unknown.iter().any(|argument| argument.is_unknown()) {
            return Ok(None);
        }
        match (cert.read(environment)?, key.read(environment)?) {
            (None, None) => Ok(None),
            (Some(cert), Some(key)) => {
                let key = Secret::new(key);
                mask(&key);
                Ok(Some(Identity { cert: cert.into_bytes(), key }))
            }
            (Some(_), None) => Err(incomplete(&cert, "certificate", &key).into()),
            (None, Some(_)) => Err(incomplete(&key, "private key", &cert).into()),
        }
    }
}

/// The certificate or the key.
struct Part<'a> {
    /// The argument for the file, its environment variable, and its value.
    file: (&'static str, &'static str, &'a Attr<String>),
    /// The argument for the PEM text, and its value.
    pem: (&'static str, &'a Attr<String>),
}

impl Part<'_> {
    fn read(&self, environment: Environment<'_>) -> Result<Option<String>> {
        let ((name, variable, path), (text_name, text)) = (self.file, self.pem);
        let file = Setting::of(path, variable, environment);
        if let (Attr::Known(pem), file) = (text, &file) {
            if matches!(file, Setting::Argument(_)) {
                let what =
                    format!("Both `{name}` and `{text_name}` are set. Set only one of them.");
                let conflict = Diagnostic::error("Conflicting client certificate arguments", what);
                return Err(conflict.at(text_name).into());
            }
            let source = format!("`{text_name}`");
            return from_file(pem.clone(), &source, text_name).map(Some);
        }
        let Some(path) = file.text() else { return Ok(None) };
        std::fs::read_to_string(path).map(Some).map_err(|e| {
            let what = format!(
                "The provider cannot read the file \"{path}\" of `{name}` (or {variable}): {e}. Check the \
                 path, and that the user who runs Terraform can read the file."
            );
            Diagnostic::error("Unable to read client certificate file", what).at(name).into()
        })
    }
}

fn incomplete(there: &Part<'_>, what: &str, missing: &Part<'_>) -> Diagnostic {
    let (name, variable, _) = missing.file;
    let what = format!(
        "The {what} of a client certificate is set (`{}` or `{}`), but its counterpart is not. Set \
         `{name}` (or {variable}) or `{}`.",
        there.file.0, there.pem.0, missing.pem.0
    );
    Diagnostic::error("Incomplete client certificate", what).at(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Value {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
        Value::Object(pairs.collect())
    }

    #[test]
    fn header_set_by_provider_is_rejected_by_name() {
        for name in ["Authorization", "host", "Content-Type", "content-length", "Upgrade"] {
            let refusal = are_headers(&headers(&[("X-Fine", "a"), (name, "hunter2")])).unwrap_err();
            assert!(refusal.contains(name) && !refusal.contains("hunter2"), "{refusal}");
        }
        for wrong in [&[("X Y", "a")][..], &[("", "a")], &[("X-A", "a"), ("x-a", "b")]] {
            assert!(are_headers(&headers(wrong)).is_err(), "{wrong:?}");
        }
        for bad in ["two\nlines", "nul\0", "käse"] {
            let refusal = are_headers(&headers(&[("X-A", bad)])).unwrap_err();
            assert!(refusal.contains("X-A") && !refusal.contains(bad), "{refusal}");
        }
        assert_eq!(are_headers(&headers(&[("X-A", "a b"), ("CF-Access-Client-Id", "c")])), Ok(()));
    }

    #[test]
    fn extra_headers_are_trimmed_and_null_omitted() {
        let mut map = headers(&[("X-A", " secret-of-a\n"), ("X-B", "b")]);
        if let Value::Object(map) = &mut map {
            map.insert("X-C".to_owned(), Value::Null);
        }
        let read = extra_headers(&map).unwrap();
        let read: Vec<_> =
            read.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        assert_eq!(read, [("X-A", "secret-of-a"), ("X-B", "b")]);
        assert!(extra_headers(&Value::Null).unwrap().is_empty());
    }

    #[test]
    fn client_certificate_requires_key_and_one_source() {
        let (none, some) = (Attr::Null, Attr::Known("PEM".to_owned()));
        let read = |cert_file, cert_pem, key_file, key_pem| {
            Certificate { cert_file, cert_pem, key_file, key_pem }.read(&|_| None)
        };
        assert!(read(&none, &none, &none, &none).unwrap().is_none());
        let both = read(&none, &some, &none, &some).unwrap().unwrap();
        assert_eq!((both.cert.as_slice(), both.key.expose()), (&b"PEM"[..], "PEM"));
        for (wrong, name) in [
            (read(&none, &some, &none, &none), "client_key_file"),
            (read(&none, &none, &none, &some), "client_cert_file"),
            (read(&some, &some, &none, &some), "client_cert_pem"),
        ] {
            let told = format!("{:?}", wrong.unwrap_err());
            assert!(told.contains(name), "{told}");
        }
    }
}
