//! `GET /`: a page for people, which shows the organization live. It reads the same JSON as
//! everybody else, so it shows no secret; nothing is fetched from elsewhere.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;

/// HTML, style and script in one.
const PAGE: &str = include_str!("page.html");

/// Nothing from elsewhere, and nothing to be put into another page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; frame-ancestors 'none'";

/// The page.
pub(crate) async fn show() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, PAGE)
}
