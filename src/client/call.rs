//! [`Call`]: a request before it is sent. Paths are lists of segments, and are encoded here alone.

use reqwest::{Method, Url};
use serde::Serialize;

use super::retry::Repeat;
use super::{Error, Org};
use crate::secret::Secret;

/// HTTP methods that the API has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

impl Verb {
    /// The method's name.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method as `reqwest` wants it.
    pub(super) fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}

/// What a request carries.
pub(super) enum Body {
    /// Nothing.
    Empty,
    /// A JSON document. Holds no secret: the API is never sent one in a body.
    Json(String),
    /// A form for the token endpoint.
    Form(Vec<(&'static str, Secret)>),
}

/// A request.
pub(super) struct Call {
    /// HTTP method.
    pub(super) verb: Verb,
    /// The whole address.
    pub(super) url: Url,
    /// What to send along.
    pub(super) body: Body,
    /// What a repetition would do.
    pub(super) repeat: Repeat,
}

impl Call {
    /// A request without a body. All but POST may be repeated.
    pub(super) fn new(verb: Verb, url: Url) -> Self {
        let repeat = match verb {
            Verb::Get => Repeat::Nothing,
            Verb::Patch | Verb::Delete => Repeat::Harmless,
            Verb::Post => Repeat::Harmful,
        };
        Self { verb, url, body: Body::Empty, repeat }
    }

    /// Adds a parameter to the query.
    pub(super) fn query(mut self, name: &str, value: bool) -> Self {
        self.url.query_pairs_mut().append_pair(name, if value { "true" } else { "false" });
        self
    }

    /// Sets a JSON body.
    pub(super) fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let text = serde_json::to_string(body).map_err(|e| Error::Setup {
            what: format!("a request body cannot be written, which is a bug in the client: {e}"),
        })?;
        self.body = Body::Json(text);
        Ok(self)
    }

    /// The path, for messages: the query is left out.
    pub(super) fn path(&self) -> String {
        self.url.path().to_owned()
    }

    /// Host and port, for messages.
    pub(super) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

impl Org {
    /// A request to `{api root}/organizations/{organization}/{segments}`.
    pub(super) fn call(&self, verb: Verb, segments: &[&str]) -> Result<Call, Error> {
        let organization = ["organizations", self.organization()?.as_str()];
        let segments = organization.iter().chain(segments).copied();
        Ok(Call::new(verb, below(&self.inner.api, segments)?))
    }
}

/// An address below another. Each segment is percent-encoded as a whole, `/` and `%` included.
///
/// # Errors
/// [`Error::Setup`] for what no encoding can keep in its place: a segment of dots, or one with a
/// control character, which addresses drop, so that dots may be left.
pub(super) fn below<'a>(
    base: &Url,
    segments: impl IntoIterator<Item = &'a str>,
) -> Result<Url, Error> {
    let segments: Vec<_> = segments.into_iter().collect();
    if let Some(odd) = segments.iter().find(|it| [".", ".."].contains(*it) || has_control(it)) {
        return Err(Error::Setup { what: format!("{odd:?} cannot be a part of an address") });
    }
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    match url.path_segments_mut() {
        Ok(mut path) => {
            path.pop_if_empty().extend(segments);
        }
        Err(()) => {
            return Err(Error::Setup { what: format!("{base} is not the address of a server") });
        }
    }
    Ok(url)
}

fn has_control(text: &str) -> bool {
    text.contains(|c: char| c.is_control())
}

/// The segments of a configured path, `/api/v1`. A double or final slash means nothing.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, path: &str, more: &[&str]) -> String {
        let root = below(&base.parse().unwrap(), segments(path)).unwrap();
        below(&root, more.iter().copied()).unwrap().to_string()
    }

    #[test]
    fn slashes_at_the_seams_do_not_matter() {
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
    fn a_segment_stays_one_segment() {
        assert_eq!(
            joined("https://h", "a", &["b/c?d#e%2F f"]),
            "https://h/a/b%2Fc%3Fd%23e%252F%20f"
        );
    }

    #[test]
    fn what_would_leave_its_segment_is_refused() {
        let base = "https://h/a".parse().unwrap();
        for odd in [".", "..", "\r..", ".\n.", "a\tb", "\0"] {
            assert!(matches!(below(&base, [odd]), Err(Error::Setup { .. })), "{odd:?}");
        }
    }

    #[test]
    fn only_a_post_must_not_be_repeated() {
        let repeat = |verb| Call::new(verb, "https://h".parse().unwrap()).repeat;
        assert_eq!(repeat(Verb::Post), Repeat::Harmful);
        for verb in [Verb::Patch, Verb::Delete] {
            assert_eq!(repeat(verb), Repeat::Harmless);
        }
        assert_eq!(repeat(Verb::Get), Repeat::Nothing);
    }
}
