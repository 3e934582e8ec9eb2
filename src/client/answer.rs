//! Reads answers: the JSON of a success, and the many forms of a refusal.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Error;
use super::call::Call;
use super::http::Answer;
use super::scrub::KnownSecrets;

/// Most of a refusal's text that is kept, in characters.
const LONGEST_TEXT: usize = 2048;

/// Most of an HTML page's text that is kept, in characters: it is decoration for the greater part.
const LONGEST_PAGE: usize = 200;

/// How many bytes of a body are looked at for a text to show.
const LOOKED_AT: usize = 16 << 10;

/// Reads a success. A field that does not fit is named by its path in the document.
pub(super) fn read<T: DeserializeOwned>(
    call: &Call,
    answer: &Answer,
    known: &KnownSecrets,
) -> Result<T, Error> {
    parse(&answer.body).map_err(|(path, why)| {
        let what = if looks_like_html(answer) {
            format!(
                "a web page came in place of data: {}",
                page_text(&text_of(&answer.body, known))
            )
        } else if path == "." {
            why
        } else {
            format!("{path}: {why}")
        };
        unreadable_answer(call, answer, known.scrub(&what))
    })
}

/// Reads a success that holds a secret: the error names the place and quotes nothing.
pub(super) fn read_secret<T: DeserializeOwned>(call: &Call, answer: &Answer) -> Result<T, Error> {
    parse(&answer.body).map_err(|(path, _)| {
        let place = if path == "." { "the document" } else { &path };
        let what = format!("{place} does not have the documented form");
        unreadable_answer(call, answer, what)
    })
}

/// Checks the success of a call that has nothing to read. An empty body is as good as JSON, but
/// anything else is not: the sign-in page of some proxy must not pass for "deleted".
pub(super) fn read_nothing(call: &Call, answer: &Answer) -> Result<(), Error> {
    let what = if looks_like_html(answer) {
        "a web page came in place of an answer".to_owned()
    } else if answer.body.trim_ascii().is_empty() {
        return Ok(());
    } else {
        match parse::<serde::de::IgnoredAny>(&answer.body) {
            Ok(_) => return Ok(()),
            Err((_, what)) => format!("it is not JSON: {what}"),
        }
    };
    Err(unreadable_answer(call, answer, what))
}

/// Reads a document. The error is the place in it, and what is wrong there.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, (String, String)> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|e| (e.path().to_string(), e.inner().to_string()))?;
    json.end().map_err(|e| (".".to_owned(), e.to_string()))?;
    Ok(value)
}

/// [`Error::Unreadable`] for this call, which reads a listing.
pub(super) fn unreadable(call: &Call, what: String) -> Error {
    Error::Unreadable { method: call.verb.as_str(), path: call.path(), what, from_api: false }
}

/// [`Error::Unreadable`] for the success of this call. A web page is some proxy's.
fn unreadable_answer(call: &Call, answer: &Answer, what: String) -> Error {
    let from_api = !looks_like_html(answer);
    Error::Unreadable { method: call.verb.as_str(), path: call.path(), what, from_api }
}

/// A number that may come as a string, or not at all. Anything else counts as absent.
pub(super) fn lenient_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(match Option::<Value>::deserialize(from)? {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    })
}

/// What an answer with a status outside of the 200s says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Refusal {
    /// The API's `error.code`, or an RFC 6749 code.
    pub(super) code: Option<String>,
    /// What it says, never empty.
    pub(super) message: String,
    /// Fields that failed validation, and why.
    pub(super) fields: Vec<(String, String)>,
    /// Whether it has one of the two forms that the API documents.
    pub(super) documented: bool,
}

impl Refusal {
    /// Reads a refusal, and masks the secrets in it.
    pub(super) fn of(answer: &Answer, known: &KnownSecrets) -> Self {
        let mut refusal = if (300..400).contains(&answer.status) {
            redirect(answer)
        } else {
            serde_json::from_slice(&answer.body)
                .ok()
                .as_ref()
                .and_then(documented)
                .unwrap_or_else(|| undocumented(answer, known))
        };
        // Masked first, so that the cut cannot leave the beginning of a secret, and again, because
        // shortening may put together what was apart.
        let safe = |text: &str, most| known.scrub(&shortened(&known.scrub(text), most));
        refusal.message = safe(&refusal.message, LONGEST_TEXT);
        if refusal.message.is_empty() {
            refusal.message = reason(answer.status);
        }
        refusal.code = refusal.code.map(|code| safe(&code, LONGEST_PAGE));
        for (place, why) in &mut refusal.fields {
            *place = safe(place, LONGEST_TEXT);
            *why = safe(why, LONGEST_TEXT);
        }
        refusal
    }

    /// [`Error::Api`] for this call.
    pub(super) fn into_error(self, call: &Call, status: u16) -> Error {
        let Self { code, message, fields, documented } = self;
        let (method, path) = (call.verb.as_str(), call.path());
        Error::Api { method, path, status, code, message, fields, documented }
    }
}

/// The forms that the API documents: `{"error": {"code", "message"}}` and, for failed validation,
/// `{"detail": [{"loc", "msg"}]}`.
fn documented(body: &Value) -> Option<Refusal> {
    if let Some(message) = body.pointer("/error/message").and_then(Value::as_str) {
        return Some(Refusal {
            code: body.pointer("/error/code").map(plain),
            message: message.to_owned(),
            fields: Vec::new(),
            documented: true,
        });
    }
    let Value::Array(details) = body.get("detail")? else { return None };
    let field = |detail: &Value| {
        let place = detail.get("loc").and_then(Value::as_array).map(|loc| place(loc));
        Some((place.unwrap_or_default(), detail.get("msg")?.as_str()?.to_owned()))
    };
    let fields: Vec<_> = details.iter().filter_map(field).collect();
    let message = "the request did not pass validation".to_owned();
    (!fields.is_empty()).then_some(Refusal { code: None, message, fields, documented: true })
}

/// `["body", "user_emails", 0]` as `body.user_emails[0]`.
fn place(loc: &[Value]) -> String {
    loc.iter().fold(String::new(), |mut place, step| {
        match step {
            Value::Number(index) => {
                let _ = write!(place, "[{index}]");
            }
            step => {
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(&plain(step));
            }
        }
        place
    })
}

/// A string without its quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a proxy, a gateway, a framework or an `OAuth2` server says.
fn undocumented(answer: &Answer, known: &KnownSecrets) -> Refusal {
    let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let member = |name| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let said = ["error_description", "message", "detail", "error"].into_iter().find_map(member);
    let text = match said {
        Some(text) => text,
        None if looks_like_html(answer) => {
            format!("a web page, not the API: {}", page_text(&text_of(&answer.body, known)))
        }
        None => text_of(&answer.body, known),
    };
    Refusal { code: member("error"), message: text, ..Refusal::default() }
}

fn redirect(answer: &Answer) -> Refusal {
    // The query of such an address is where single-sign-on puts its secrets.
    let to = answer.location.as_deref().map(|to| to.split(['?', '#']).next().unwrap_or_default());
    let message = format!("a redirect to {}, which is not followed", to.unwrap_or("nowhere"));
    Refusal { message, ..Refusal::default() }
}

fn reason(status: u16) -> String {
    let known = reqwest::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason());
    format!("{} (no text came with it)", known.unwrap_or("an unknown status"))
}

fn looks_like_html(answer: &Answer) -> bool {
    let start = answer.body.trim_ascii_start();
    !start.is_empty() && (answer.html || start.first() == Some(&b'<'))
}

/// The beginning of a body, with the secrets in it masked before it is cut: half of one would not
/// be recognised.
fn text_of(body: &[u8], known: &KnownSecrets) -> String {
    let looked_at = body.get(..LOOKED_AT).unwrap_or(body);
    let text = known.scrub(&String::from_utf8_lossy(looked_at));
    if looked_at.len() < LOOKED_AT {
        return text;
    }
    // Here the cut was made already, and what it divided is at the end.
    text.chars().take(LOOKED_AT / 2).collect()
}

/// The title of an HTML page, or else the beginning of its text without the tags.
fn page_text(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| page.get(at..));
    let title = title.and_then(|rest| rest.split_once('>')).map(|(_, rest)| rest);
    let title = title.and_then(|rest| rest.split('<').next()).unwrap_or_default().trim();
    let text: String = if title.is_empty() {
        page.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect()
    } else {
        title.to_owned()
    };
    shortened(&text, LONGEST_PAGE)
}

/// White space collapsed, control characters dropped, cut to `most` characters.
fn shortened(text: &str, most: usize) -> String {
    let words = text.split_whitespace().map(|word| word.replace(char::is_control, ""));
    let text = words.collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        let answer = Answer { status, body: body.into(), ..Answer::default() };
        Refusal::of(&answer, &KnownSecrets::default())
    }

    #[test]
    fn the_api_form_has_code_and_message() {
        let body = json!({"error": {"code": "not_found", "message": "User not found", "data": 1}});
        let refusal = refusal(404, &body.to_string());
        assert_eq!(refusal.code.as_deref(), Some("not_found"));
        assert_eq!((refusal.message.as_str(), refusal.documented), ("User not found", true));
    }

    #[test]
    fn failed_validation_names_each_field() {
        let body = json!({"detail": [
            {"loc": ["body", "user_emails", 0], "msg": "not an address", "type": "value_error"},
            {"loc": [], "msg": "too long", "type": "x"},
        ]});
        let refusal = refusal(422, &body.to_string());
        let fields = refusal.fields.iter().map(|(at, why)| (at.as_str(), why.as_str()));
        let expected = [("body.user_emails[0]", "not an address"), ("", "too long")];
        assert!(fields.eq(expected), "{refusal:?}");
        assert!(refusal.documented);
    }

    #[test]
    fn other_forms_of_json_are_told_from_the_api() {
        for (body, message, code) in [
            (r#"{"detail": "Not Found"}"#, "Not Found", None),
            (r#"{"message": "Forbidden"}"#, "Forbidden", None),
            (r#"{"error": "invalid_grant"}"#, "invalid_grant", Some("invalid_grant")),
            (
                r#"{"error": "invalid_grant", "error_description": "Wrong password"}"#,
                "Wrong password",
                Some("invalid_grant"),
            ),
            (r#"{"error": {}}"#, r#"{"error": {}}"#, None),
            (r#"{"detail": []}"#, r#"{"detail": []}"#, None),
        ] {
            let refusal = refusal(404, body);
            assert_eq!(refusal.message, message);
            assert_eq!(refusal.code.as_deref(), code, "{body}");
            assert!(!refusal.documented, "{body}");
        }
    }

    #[test]
    fn a_web_page_is_cut_down_to_a_line() {
        let page = "<html><head><TITLE>502 Bad\n Gateway</TITLE></head><body>long</body></html>";
        assert_eq!(refusal(502, page).message, "a web page, not the API: 502 Bad Gateway");
        let page = "<html><body><h1>No</h1>\n<p>way</p></body>";
        assert_eq!(refusal(403, page).message, "a web page, not the API: No way");
    }

    #[test]
    fn text_is_bounded_and_an_empty_body_explained() {
        assert_eq!(refusal(400, "plain\n text\u{7}").message, "plain text");
        assert_eq!(refusal(500, &"ä".repeat(90_000)).message.chars().count(), LONGEST_TEXT + 3);
        assert_eq!(refusal(404, " ").message, "Not Found (no text came with it)");
        assert_eq!(refusal(404, "\0\u{7}").message, "Not Found (no text came with it)");
        assert_eq!(refusal(599, "").message, "an unknown status (no text came with it)");
    }

    #[test]
    fn a_secret_that_the_cut_would_divide_is_masked_as_a_whole() {
        let known = KnownSecrets::default();
        known.learn(&"hunter2-of-the-admin".to_owned().into());
        for before in LONGEST_TEXT - 20..=LONGEST_TEXT {
            let message = format!("{}hunter2-of-the-admin", "x".repeat(before));
            for body in [json!({"message": message}).to_string(), message] {
                let answer = Answer { status: 400, body: body.into(), ..Answer::default() };
                let told = Refusal::of(&answer, &known).message;
                assert!(!told.contains('h'), "{before}: {told}");
            }
        }
    }

    #[test]
    fn counts_are_read_from_strings_and_numbers() {
        #[derive(Deserialize)]
        struct Count(#[serde(deserialize_with = "lenient_number")] Option<u64>);
        for (text, count) in [
            ("\"921\"", Some(921)),
            ("7", Some(7)),
            ("null", None),
            ("\"many\"", None),
            ("[]", None),
        ] {
            assert_eq!(serde_json::from_str::<Count>(text).unwrap().0, count, "{text}");
        }
    }
}
