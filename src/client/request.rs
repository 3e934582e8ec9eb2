//! [`ApiRequest`]: a request before it is sent. Paths are lists of segments, and only this module
//! encodes them.

use reqwest::{Method, Url};
use serde::Serialize;

use super::retry::Idempotency;
use super::{Error, Org};
use crate::secret::Secret;

/// HTTP methods that the API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HttpMethod {
    Get,
    Post,
    Patch,
    Delete,
}

impl HttpMethod {
    /// Returns the name of the method.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Returns the method as a type of `reqwest`.
    pub(super) fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}

/// Body of a request.
pub(super) enum Body {
    /// No body.
    Empty,
    /// JSON document. It contains no secret: the client never sends a secret to the API in a JSON
    /// body.
    Json(String),
    /// Form for the token endpoint.
    Form(Vec<(&'static str, Secret)>),
}

/// Request.
pub(super) struct ApiRequest {
    /// HTTP method.
    pub(super) verb: HttpMethod,
    /// Complete URL.
    pub(super) url: Url,
    /// Body.
    pub(super) body: Body,
    /// Effect of a retry.
    pub(super) idempotency: Idempotency,
}

impl ApiRequest {
    /// Creates a request without a body. All methods except POST are idempotent.
    pub(super) fn new(verb: HttpMethod, url: Url) -> Self {
        let idempotency = match verb {
            HttpMethod::Get => Idempotency::Safe,
            HttpMethod::Patch | HttpMethod::Delete => Idempotency::Idempotent,
            HttpMethod::Post => Idempotency::NonIdempotent,
        };
        Self { verb, url, body: Body::Empty, idempotency }
    }

    /// Adds a parameter to the query.
    pub(super) fn query(mut self, name: &str, value: bool) -> Self {
        self.url.query_pairs_mut().append_pair(name, if value { "true" } else { "false" });
        self
    }

    /// Sets a JSON body.
    pub(super) fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let text = serde_json::to_string(body).map_err(|e| Error::Setup {
            what: format!("failed to serialize a request body: {e}"),
        })?;
        self.body = Body::Json(text);
        Ok(self)
    }

    /// Returns the path for messages, without the query.
    pub(super) fn path(&self) -> String {
        self.url.path().to_owned()
    }

    /// Returns the host and port for messages.
    pub(super) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

impl Org {
    /// Creates a request to `{api root}/organizations/{organization}/{segments}`.
    pub(super) fn call(&self, verb: HttpMethod, segments: &[&str]) -> Result<ApiRequest, Error> {
        let organization = ["organizations", self.organization()?.as_str()];
        let segments = organization.iter().chain(segments).copied();
        Ok(ApiRequest::new(verb, join_segments(&self.inner.api, segments)?))
    }
}

/// Appends segments to a URL. Each segment is percent-encoded as a whole, including `/` and `%`.
///
/// # Errors
/// Returns [`Error::Setup`] for a segment that no encoding preserves: a dot segment, or a segment
/// with a control character. URLs drop control characters, so only dots might remain.
pub(super) fn join_segments<'a>(
    base: &Url,
    segments: impl IntoIterator<Item = &'a str>,
) -> Result<Url, Error> {
    let segments: Vec<_> = segments.into_iter().collect();
    if let Some(odd) = segments.iter().find(|it| [".", ".."].contains(*it) || has_control(it)) {
        return Err(Error::Setup { what: format!("{odd:?} cannot be a path segment of a URL") });
    }
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    match url.path_segments_mut() {
        Ok(mut path) => {
            path.pop_if_empty().extend(segments);
        }
        Err(()) => {
            return Err(Error::Setup { what: format!("{base} is not the URL of a server") });
        }
    }
    Ok(url)
}

fn has_control(text: &str) -> bool {
    text.contains(|c: char| c.is_control())
}

/// Returns the segments of a configured path such as `/api/v1`. Repeated and trailing slashes are
/// ignored.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, path: &str, more: &[&str]) -> String {
        let root = join_segments(&base.parse().unwrap(), segments(path)).unwrap();
        join_segments(&root, more.iter().copied()).unwrap().to_string()
    }

    #[test]
    fn url_joining_ignores_extra_slashes() {
        for (base, path) in [
            ("https://host/prefix", "/api/v1"),
            ("https://host/prefix/", "api/v1/"),
            ("https://host/prefix?x=1#y", "//api//v1"),
        ] {
            assert_eq!(joined(base, path, &["users"]), "https://host/prefix/api/v1/users");
        }
        assert_eq!(joined("https://host", "/api", &[]), "https://host/api");
        assert_eq!(joined("https://host", "", &["a"]), "https://host/a");
    }

    #[test]
    fn path_segment_is_encoded_as_one() {
        assert_eq!(
            joined("https://h", "a", &["b/c?d#e%2F f"]),
            "https://h/a/b%2Fc%3Fd%23e%252F%20f"
        );
    }

    #[test]
    fn segment_with_dots_or_controls_is_rejected() {
        let base = "https://h/a".parse().unwrap();
        for odd in [".", "..", "\r..", ".\n.", "a\tb", "\0"] {
            assert!(matches!(join_segments(&base, [odd]), Err(Error::Setup { .. })), "{odd:?}");
        }
    }

    #[test]
    fn only_post_is_non_idempotent() {
        let idempotency = |verb| ApiRequest::new(verb, "https://h".parse().unwrap()).idempotency;
        assert_eq!(idempotency(HttpMethod::Post), Idempotency::NonIdempotent);
        for verb in [HttpMethod::Patch, HttpMethod::Delete] {
            assert_eq!(idempotency(verb), Idempotency::Idempotent);
        }
        assert_eq!(idempotency(HttpMethod::Get), Idempotency::Safe);
    }
}
