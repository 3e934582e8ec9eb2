//! [`Trace`]: how the service finds a request in its own logs.
//!
//! API facts: Cloudflare stands in front of the API and names each exchange in `cf-ray`, which is
//! what Anaconda's support asks for. Any `x-request-id` is the name that a server behind it gave.

use std::fmt;
use std::sync::Arc;

use reqwest::header::HeaderMap;

use super::mask::KnownSecrets;

/// Longer names than this are none that anybody could quote.
const LONGEST: usize = 128;

/// The names that an answer gave to its request. As text it is ready to be quoted, and empty where
/// there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace(Option<Arc<Names>>);

#[derive(Debug, PartialEq, Eq)]
struct Names {
    cf_ray: Option<String>,
    request_id: Option<String>,
}

impl Trace {
    /// The names in the headers of an answer.
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

    /// The same without secrets: a server may echo whatever it was sent.
    pub(super) fn masked(&self, known: &KnownSecrets) -> Self {
        let safe = |text: Option<&str>| text.map(|text| known.mask(text));
        Self::new(safe(self.cf_ray()), safe(self.request_id()))
    }

    /// The `cf-ray` header.
    pub(super) fn cf_ray(&self) -> Option<&str> {
        self.0.as_ref()?.cf_ray.as_deref()
    }

    /// The `x-request-id` header.
    pub(super) fn request_id(&self) -> Option<&str> {
        self.0.as_ref()?.request_id.as_deref()
    }
}

/// ` [quote to Anaconda support: cf-ray 8f2a-FRA, x-request-id 7d1f]`, or nothing.
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
        known.learn(&"hunter2-of-the-admin".to_owned().into());
        let echo = trace(&[("x-request-id", "id-hunter2-of-the-admin")]).masked(&known);
        assert_eq!(echo.request_id(), Some("id-***"));
    }
}
