//! Reads a list to its end. The result is all of its pages, an error, or "list operation not
//! supported".
//!
//! API facts: a list response is `{"items": [..]}` without pagination. The older guide shows the
//! list of service accounts as one bare object, and has no other list. The client follows pages
//! nevertheless, because an incomplete list would make the remaining objects look deleted.

use std::collections::HashSet;
use std::sync::{MutexGuard, PoisonError};

use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::http::ApiResponse;
use super::mask::KnownSecrets;
use super::request::{ApiRequest, HttpMethod};
use super::response::{self, ErrorResponse};
use super::{Error, Grant, Org, retry};

/// Maximum number of pages. A hundred thousand users in pages of a hundred are a thousand pages.
/// The limit stops a server whose pages never end.
const MOST_PAGES: usize = if cfg!(test) { 4 } else { 10_000 };

/// One page. The API does not document fields for pagination, so each common name is read.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    #[serde(default)]
    next: Option<Value>,
    #[serde(default, deserialize_with = "response::lenient_number")]
    total_count: Option<u64>,
    #[serde(default, deserialize_with = "response::lenient_number")]
    total: Option<u64>,
}

impl<T> Page<T> {
    fn bare(items: Vec<T>) -> Self {
        Self { items, next: None, total_count: None, total: None }
    }
}

impl Org {
    /// Returns all items of a list, or `None` if this deployment does not support the list.
    ///
    /// The list is not supported if the API returns two 404 or 405 responses, a moment apart, that
    /// do not have its own error format. If a list of the same kind was read before, this is an
    /// error instead: one odd response must not disable the list operation.
    pub(super) async fn list<T: DeserializeOwned + Send>(
        &self,
        grant: Grant,
        first: ApiRequest,
    ) -> Result<Option<Vec<T>>, Error> {
        let mut seen = HashSet::from([first.url.clone()]);
        let mut items = Vec::new();
        let kind = first.url.path_segments().and_then(|mut it| it.next_back()).map(str::to_owned);
        let mut call = first;
        let mut denied = false;
        loop {
            let answer = self.send_authenticated(grant, &call).await?;
            if !answer.is_success() {
                let refusal = ErrorResponse::of(&answer, &self.inner.known);
                if matches!(answer.status, 404 | 405) && !refusal.documented && seen.len() == 1 {
                    if !denied {
                        denied = true;
                        if !retry::pause(self.inner.pace.first, &self.stop).await {
                            return Err(super::throttle::stopped(&call));
                        }
                        continue;
                    }
                    if !self.listings_seen().contains(&kind) {
                        return Ok(None);
                    }
                }
                return Err(refusal.into_error(&call, answer.status));
            }
            self.listings_seen().insert(kind.clone());
            let page = read_page(&call, answer, &self.inner.known)?;
            if items.is_empty() {
                items = page.items; // Moved, not copied: usually there is only one page.
            } else {
                items.extend(page.items);
            }
            let total = page.total_count.max(page.total);
            let Some(next) = next_page(&call, page.next)? else {
                let came = u64::try_from(items.len()).unwrap_or(u64::MAX);
                return match total.filter(|total| *total > came) {
                    None => Ok(Some(items)),
                    Some(total) => Err(response::unreadable(
                        &call,
                        format!("the list reports {total} items, but contains {came}"),
                    )),
                };
            };
            if !seen.insert(next.clone()) {
                return Err(response::unreadable(&call, "pagination loop detected".to_owned()));
            }
            if seen.len() > MOST_PAGES {
                let what = format!("the list has more than {MOST_PAGES} pages");
                return Err(response::unreadable(&call, what));
            }
            call = ApiRequest::new(HttpMethod::Get, next);
        }
    }

    /// Returns the kinds of lists that were read: the last segments of their paths.
    fn listings_seen(&self) -> MutexGuard<'_, HashSet<Option<String>>> {
        self.inner.listings_seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads one page of a list, or a single bare item. If there is no `items` member, the only list of
/// objects counts as the items.
pub(super) fn read_page<T: DeserializeOwned>(
    call: &ApiRequest,
    answer: ApiResponse,
    known: &KnownSecrets,
) -> Result<Page<T>, Error> {
    if response::without_mark(&answer.body).trim_ascii_start().starts_with(b"[") {
        return response::read(call, &answer, known).map(Page::bare);
    }
    let read = response::read(call, &answer, known);
    if read.is_ok() {
        return read;
    }
    // Only a body that does not fit is parsed again, so a large list is parsed once.
    let Ok(mut around) = response::parse::<Map<String, Value>>(&answer.body) else { return read };
    let items = match (around.get("items"), only_list(&around)) {
        (Some(Value::Null), _) => Value::Array(Vec::new()),
        (Some(_), _) => return read,
        (None, Some(name)) => around.remove(&name.to_owned()).unwrap_or_default(),
        (None, None) => {
            return response::read(call, &answer, known).map(|item| Page::bare(vec![item]));
        }
    };
    around.insert("items".to_owned(), items);
    let body = Value::Object(around).to_string().into_bytes();
    response::read(call, &ApiResponse { body, ..answer }, known)
}

/// Returns the name of the only list of objects in a page, if there is exactly one. An item
/// contains such a list only for objects that belong to it, and then it has an ID.
fn only_list(around: &Map<String, Value>) -> Option<&str> {
    let of_objects =
        |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_object));
    if ["id", "client_id"].iter().any(|id| around.contains_key(*id)) {
        return None;
    }
    let mut lists = around.iter().filter(|(_, value)| of_objects(value));
    let (name, _) = lists.next()?;
    lists.next().is_none().then_some(name)
}

/// Returns the URL of the next page. It must be on the same host, because the client sends the
/// access token to it. It must be a URL, because the API does not document how to use a cursor.
fn next_page(call: &ApiRequest, next: Option<Value>) -> Result<Option<Url>, Error> {
    let refuse = |why: &str| Err(response::unreadable(call, format!("next: {why}")));
    let text = match next {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return refuse("the list has another page, but no URL of it"),
    };
    let address = ["/", "?", "https://", "http://"].iter().any(|start| text.starts_with(start));
    match call.url.join(&text) {
        Ok(url) if address && url.origin() == call.url.origin() => Ok(Some(url)),
        Ok(_) if address => refuse("the next page is on another host"),
        _ => refuse("the list has another page, but `next` is not a URL"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::*;
    use super::*;

    const USERS: &str = "GET ./users?include_groups=false";

    async fn users_of(script: impl IntoIterator<Item = Exchange>) -> Result<Option<usize>, Error> {
        let server = Server::signed_in(script).await;
        Ok(server.org().users().await?.map(|users| users.len()))
    }

    async fn what_is_wrong(answer: Value) -> String {
        users_of([on(USERS, 200, &answer)]).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn missing_list_operation_needs_two_404_responses() {
        let refusals: [fn() -> Exchange; 3] = [
            || on(USERS, 404, &json!({"detail": "Not Found"})),
            || on(USERS, 405, &Value::Null),
            || on_raw(USERS, 404, "content-type: text/html\r\n", b"<h1>Not found</h1>"),
        ];
        for refusal in refusals {
            let server = Server::signed_in([refusal(), refusal()]).await;
            let org = server.org();
            assert!(org.users().await.unwrap().is_none());
            assert!(org.users().await.unwrap().is_none());
            let error = org.user_by_id(&user_id(1)).await.unwrap_err();
            assert!(matches!(error, Error::NoSuchListing { what: "users" }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn single_undocumented_404_hides_no_list() {
        let odd = || on(USERS, 404, &json!({"detail": "Not Found"}));
        let users = || on(USERS, 200, &json!({"items": [listed(1)]}));
        let server = Server::signed_in([odd(), users(), odd(), odd()]).await;
        let org = server.org();
        assert_eq!(org.users().await.unwrap().unwrap().len(), 1);
        org.refresh_users();
        // This deployment has a list of this kind, so two in a row are an error.
        assert!(matches!(org.users().await, Err(Error::Api { status: 404, .. })));
    }

    #[tokio::test]
    async fn documented_404_is_error_not_missing_list() {
        for refusal in [
            json!({"error": {"code": "x", "message": "Organization not found"}}),
            json!({"error": {"detail": "Organization not found"}}),
            json!({"error": "Organization not found"}),
            json!({"detail": "User not found"}),
            json!({"message": "Organization not found"}),
        ] {
            let error = users_of([on(USERS, 404, &refusal)]).await.unwrap_err();
            assert!(error.is_not_found(), "{refusal}");
        }
    }

    #[tokio::test]
    async fn list_is_found_in_any_envelope() {
        let with_mark = format!("\u{feff}{}", json!({"items": [listed(1), listed(2)]}));
        for answer in [
            on(USERS, 200, &json!([listed(1), listed(2)])),
            on(USERS, 200, &json!({"users": [listed(1), listed(2)], "total": "2", "next": null})),
            on(USERS, 200, &json!({"data": [listed(1), listed(2)]})),
            on_raw(
                USERS,
                200,
                "content-type: APPLICATION/JSON; charset=utf-8\r\n",
                with_mark.as_bytes(),
            ),
        ] {
            assert_eq!(users_of([answer]).await.unwrap(), Some(2));
        }
        let server = Server::start([
            sign_in(ADMIN_BEARER, 900),
            on("GET ./service-accounts", 200, &json!({"items": null})),
        ])
        .await;
        assert!(server.org().service_accounts().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn object_without_list_is_not_empty_list() {
        for odd in [json!({}), json!({"users": 3}), json!({"a": [], "b": []})] {
            let text = what_is_wrong(odd).await;
            assert!(text.contains("missing field"), "{text}");
        }
    }

    #[tokio::test]
    async fn pagination_follows_path_query_and_url() {
        let page = |number: u32, next: &str| json!({"items": [listed(number)], "next": next});
        assert_eq!(
            users_of([
                on(USERS, 200, &page(1, "?page=2")),
                on("GET ./users?page=2", 200, &page(2, &format!("{ORG}/users?page=3"))),
                on("GET ./users?page=3", 200, &json!({"items": [listed(3)], "total": 3})),
            ])
            .await
            .unwrap(),
            Some(3)
        );
    }

    #[tokio::test]
    async fn list_with_unusable_next_page_is_rejected() {
        for (next, why) in [
            (json!("https://elsewhere.example.com/users?page=2"), "another host"),
            (json!("//elsewhere.example.com/users"), "another host"),
            (json!("b3BhcXVl"), "not a URL"),
            (json!({"cursor": 2}), "no URL of it"),
        ] {
            let text = what_is_wrong(json!({"items": [listed(1)], "next": next})).await;
            assert!(text.contains(why), "{next}: {text}");
        }
        let text =
            what_is_wrong(json!({"items": [listed(1)], "next": "?include_groups=false"})).await;
        assert!(text.contains("pagination loop"), "{text}");
    }

    #[tokio::test]
    async fn endless_pagination_returns_error_after_limit() {
        let page = |number: usize| {
            let request = match number {
                1 => USERS.to_owned(),
                _ => format!("GET ./users?page={number}"),
            };
            on(&request, 200, &json!({"items": [], "next": format!("?page={}", number + 1)}))
        };
        let error = users_of((1..=MOST_PAGES).map(page)).await.unwrap_err().to_string();
        assert!(error.contains("more than 4 pages"), "{error}");
    }

    #[tokio::test]
    async fn list_shorter_than_total_is_rejected() {
        for count in ["total", "total_count"] {
            let text = what_is_wrong(json!({"items": [listed(1)], count: 2})).await;
            assert!(text.contains("the list reports 2 items, but contains 1"), "{text}");
        }
        assert_eq!(
            users_of([on(USERS, 200, &json!({"items": [listed(1)], "total": 1, "next": null}))])
                .await
                .unwrap(),
            Some(1)
        );
    }

    #[tokio::test]
    async fn mismatched_field_is_named_by_path() {
        for (field, bad, why) in [
            ("id", json!("../me"), "items[1].id: \"../me\" is not a user ID"),
            ("email", json!(["a"]), "items[1].email: invalid type"),
        ] {
            let mut user = listed(2);
            user[field] = bad;
            let text = what_is_wrong(json!({"items": [listed(1), user]})).await;
            assert!(text.contains(why), "{text}");
        }
        let text = what_is_wrong(json!({"items": [{"email": "ada@example.com"}]})).await;
        assert!(text.contains("items[0]: missing field `id`"), "{text}");
        let text = what_is_wrong(json!("text")).await;
        assert!(text.contains("cannot read"), "{text}");
    }

    #[tokio::test]
    async fn empty_list_of_users_returns_error() {
        let error = users_of([on(USERS, 200, &json!({"items": []}))]).await.unwrap_err();
        assert!(matches!(error, Error::EmptyOrganization), "{error:?}");
    }
}
