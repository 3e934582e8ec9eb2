//! [`Trace`]: identifiers of a request in the logs of the service.
//!
//! API facts: Cloudflare is in front of the API and identifies each request in `cf-ray`, which
//! Anaconda support asks for. An `x-request-id` is the identifier of a server behind it.

use std::fmt;
use std::sync::Arc;

use reqwest::header::HeaderMap;

use super::mask::KnownSecrets;

/// Maximum length of an identifier. Longer ones are not usable as a quote.
const LONGEST: usize = 128;

/// Identifiers that a response gave to its request. Its text form can be quoted, and is empty
/// without identifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace(Option<Arc<Names>>);

#[derive(Debug, PartialEq, Eq)]
struct Names {
    cf_ray: Option<String>,
    request_id: Option<String>,
}

impl Trace {
    /// Reads the identifiers from the headers of a response.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name| {
            let text = headers.get(name)?.to_str().ok()?.trim();
            let plain = text.bytes().all(|b| b.is_ascii_graphic());
            (plain && (1..=LONGEST).contains(&text.len())).then(|| text.to_owned())
        };
        Self::new(text("cf-ray"), text("x-request-id"))
    }

    fn new(cf_ray: Option<String>, request_id: Option<String>) -> Self {
        let any = cf_ray.is_some() || request_id.is_some();
        Self(any.then(|| Arc::new(Names { cf_ray, request_id })))
    }

    /// Masks the secrets in the identifiers: a server might echo the text of the request.
    pub(super) fn masked(&self, known: &KnownSecrets) -> Self {
        let safe = |text: Option<&str>| text.map(|text| known.mask(text));
        Self::new(safe(self.cf_ray()), safe(self.request_id()))
    }

    /// Returns the `cf-ray` header.
    pub(super) fn cf_ray(&self) -> Option<&str> {
        self.0.as_ref()?.cf_ray.as_deref()
    }

    /// Returns the `x-request-id` header.
    pub(super) fn request_id(&self) -> Option<&str> {
        self.0.as_ref()?.request_id.as_deref()
    }
}

/// Formats as ` [quote to Anaconda support: cf-ray 8f2a-FRA, x-request-id 7d1f]`, or as nothing.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = " [quote to Anaconda support: ";
        for (name, value) in [("cf-ray", self.cf_ray()), ("x-request-id", self.request_id())] {
            if let Some(value) = value {
                write!(f, "{before}{name} {value}")?;
                before = ", ";
            }
        }
        if before == ", " { f.write_str("]") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(headers: &[(&'static str, &'static str)]) -> Trace {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Trace::of(&headers.collect())
    }

    #[test]
    fn trace_names_only_ids_that_exist() {
        let both = trace(&[("cf-ray", "8f2a-FRA"), ("x-request-id", "7d1f")]);
        let text = " [quote to Anaconda support: cf-ray 8f2a-FRA, x-request-id 7d1f]";
        assert_eq!(both.to_string(), text);
        let one = trace(&[("x-request-id", "7d1f")]).to_string();
        assert_eq!(one, " [quote to Anaconda support: x-request-id 7d1f]");
        assert_eq!(trace(&[("cf-ray", " "), ("x-request-id", "a b")]).to_string(), "");
    }

    #[test]
    fn echoed_secret_in_trace_is_masked() {
        let known = KnownSecrets::default();
        known.add(&"hunter2-of-the-admin".to_owned().into());
        let echo = trace(&[("x-request-id", "id-hunter2-of-the-admin")]).masked(&known);
        assert_eq!(echo.request_id(), Some("id-***"));
    }
}
