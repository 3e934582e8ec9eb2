//! Fuzz tests of API data: responses, list responses in parts, error responses, IDs, and
//! `Retry-After`.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::http::ApiResponse;
use super::mask::KnownSecrets;
use super::request::{ApiRequest, HttpMethod};
use super::response::{self, ErrorResponse};
use super::retry::{LONGEST_RETRY_AFTER, retry_after};
use super::*;
use crate::fuzz::Bytes;

#[test]
fn every_response_is_read_or_rejected() {
    fn read<T: DeserializeOwned>(body: &[u8]) {
        if let Err((place, why)) = response::parse::<T>(body) {
            assert!(!why.is_empty(), "{place}");
        }
    }
    bolero::check!().with_iterations(20_000).for_each(|input: &[u8]| {
        read::<User>(input);
        read::<AddedUser>(input);
        read::<Group>(input);
        read::<Token>(input);
        read::<IssuedToken>(input);
        read::<ServiceAccount>(input);
        read::<NewServiceAccount>(input);
        read::<Onboarding>(input);
        read::<auth::TokenResponse>(input);
        for id in [
            serde_json::from_slice::<UserId>(input).map(|id| id.to_string()).ok(),
            serde_json::from_slice::<ClientId>(input).map(|id| id.to_string()).ok(),
        ] {
            assert!(id.is_none_or(|id| is_one_segment(&id)));
        }
    });
}

#[test]
fn list_response_of_any_form_is_read_or_rejected() {
    #[derive(Deserialize)]
    struct Whole {
        items: Vec<Value>,
    }
    let call = ApiRequest::new(HttpMethod::Get, "https://anaconda.invalid/users".parse().unwrap());
    let known = KnownSecrets::default();
    bolero::check!().with_iterations(20_000).for_each(|input: &[u8]| {
        let answer = ApiResponse { status: 200, body: input.to_vec(), ..ApiResponse::default() };
        let page = listing::read_page::<Value>(&call, answer, &known);
        // If serde parses the input as the documented form, both parsers return the same items.
        if let (true, Ok(whole)) =
            (input.trim_ascii_start().starts_with(b"{"), serde_json::from_slice::<Whole>(input))
        {
            assert!(page.unwrap().items == whole.items);
        }
    });
}

#[test]
fn every_error_text_is_bounded_and_masked() {
    let known = KnownSecrets::default();
    known.add(&"hunter2".to_owned().into());
    known.add(&"p\"w&d".to_owned().into());
    bolero::check!().with_iterations(20_000).for_each(|input: &[u8]| {
        let mut bytes = Bytes(input);
        let status = 300 + u16::from(bytes.byte()) * 2;
        let html = bytes.byte() % 4 == 0;
        let location = Some(bytes.text()).filter(|text| !text.is_empty());
        let body = bytes.0.to_vec();
        let answer = ApiResponse { status, location, html, body, ..ApiResponse::default() };
        let refusal = ErrorResponse::of(&answer, &known);
        assert!(!refusal.message.is_empty());
        let fields = refusal.fields.iter().flat_map(|(place, why)| [place, why]);
        for text in fields.chain([&refusal.message]).chain(&refusal.code) {
            assert!(text.chars().count() <= 2400, "{text}");
            assert!(!text.contains("hunter2") && !text.contains("p\"w&d"), "{text}");
            assert!(!text.contains(char::is_control), "{text:?}");
        }
    });
}

#[test]
fn every_id_stays_in_path_segment() {
    let org = AssertUnwindSafe(testing::org(testing::settings("http://127.0.0.1:1")));
    bolero::check!().with_iterations(50_000).for_each(|input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        let ids = [
            UserId::parse(&text).map(|id| id.to_string()),
            TokenId::parse(&text).map(|id| id.to_string()),
            ClientId::parse(&text).map(|id| id.to_string()),
            OrgId::parse(&text).map(|id| id.to_string()),
        ];
        for id in ids.into_iter().flatten() {
            assert!(is_one_segment(&id), "{id:?}");
        }
        // Not even unchecked text changes the path.
        if let Ok(call) = (*org).call(HttpMethod::Get, &["users", &text, "tokens"]) {
            assert_eq!(call.url.path().matches('/').count(), 7, "{}", call.url);
            assert!(call.url.path().starts_with("/api/v1/organizations/acme/users/"));
            assert_eq!((call.url.query(), call.url.fragment()), (None, None));
        }
    });
}

fn is_one_segment(id: &str) -> bool {
    let url = testing::settings("http://127.0.0.1:1").base_url;
    let url = request::join_segments(&url, ["a", id, "b"]).unwrap();
    let kept = url.path_segments().unwrap().nth(1).unwrap().to_owned();
    url.path().matches('/').count() == 3
        && url.query().is_none()
        && url.fragment().is_none()
        && !id.contains(['/', '\\', '?', '#', '%', '\n', '\r'])
        && !["", ".", ".."].contains(&kept.as_str())
}

#[test]
fn retry_after_never_exceeds_maximum_wait() {
    let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    bolero::check!().with_iterations(50_000).for_each(|input: &[u8]| {
        let wait = retry_after(&String::from_utf8_lossy(input), now);
        assert!(wait.unwrap_or(Duration::ZERO) <= LONGEST_RETRY_AFTER, "{wait:?}");
    });
}
