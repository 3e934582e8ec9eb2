//! Onboarding of people without an account.
//!
//! API facts: Organization Management API 1.0.0, operation `auto_register_users`, and the guide.
//! The operation is asynchronous. An accepted email address might never become a user, and no
//! request returns the reason.

use serde::{Deserialize, Serialize};

use super::request::HttpMethod;
use super::response::lenient_number;
use super::{Error, Grant, Org, lenient};

/// Response to an onboarding request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Onboarding {
    /// Accepted email addresses. They become users later or never: the API reports no failure.
    #[serde(default, rename = "users_in_onboarding_process", deserialize_with = "lenient::texts")]
    pub in_process: Vec<String>,
    /// Email addresses that cannot be onboarded: they have an account, or no seat was available.
    #[serde(
        default,
        rename = "users_unavailable_for_onboarding",
        deserialize_with = "lenient::texts"
    )]
    pub unavailable: Vec<String>,
    /// Total seats of the subscription, if the API reports them. It sends both counts as strings.
    #[serde(default, rename = "total_organization_seats", deserialize_with = "lenient_number")]
    pub total_seats: Option<u64>,
    /// Available seats after this request, if the API reports them.
    #[serde(default, rename = "available_organization_seats", deserialize_with = "lenient_number")]
    pub available_seats: Option<u64>,
}

#[derive(Serialize)]
struct Request<'a> {
    user_emails: &'a [String],
}

impl Org {
    /// Onboards people by email address: `POST .../users_auto_registration`. Each receives an
    /// account, a seat, a token, and an email about it. Invalidates the cached user list.
    ///
    /// Sent at most once: a retry would report the people of the first attempt as unavailable.
    ///
    /// # Errors
    /// Returns [`Error::Api`] 422 if an email address is invalid; see also
    /// [`Error::outcome_unknown`].
    ///
    /// Source: Organization Management API 1.0.0, operation `auto_register_users`.
    pub async fn onboard(&self, emails: &[String]) -> Result<Onboarding, Error> {
        let call = self.call(HttpMethod::Post, &["users_auto_registration"])?;
        let call = call.json(&Request { user_emails: emails })?;
        let onboarding = self.read(Grant::ServiceAccount, call).await;
        self.refresh_users();
        onboarding
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::super::testing::*;
    use super::*;

    #[tokio::test]
    async fn onboarding_invalidates_list_of_users() {
        let listing =
            || on("GET ./users?include_groups=false", 200, &json!({"items": [listed(1)]}));
        let answer = json!({
            "users_in_onboarding_process": ["a@example.com"],
            "users_unavailable_for_onboarding": ["b@example.com"],
            "total_organization_seats": "1000",
            "available_organization_seats": "921",
        });
        let onboard = on("POST ./users_auto_registration", 200, &answer);
        let server = Server::signed_in([listing(), onboard, listing()]).await;
        let org = server.org();
        org.users().await.unwrap();
        let emails = ["a@example.com".to_owned(), "b@example.com".to_owned()];
        let onboarding = org.onboard(&emails).await.unwrap();
        assert_eq!((&onboarding.in_process[..], &onboarding.unavailable[..]), emails.split_at(1));
        assert_eq!((onboarding.total_seats, onboarding.available_seats), (Some(1000), Some(921)));
        let body: Value = serde_json::from_str(&server.seen()[2].body).unwrap();
        assert_eq!(body, json!({"user_emails": emails}));
        org.users().await.unwrap();
    }

    #[test]
    fn onboarding_response_fields_are_all_optional() {
        let null = json!({"users_in_onboarding_process": null, "total_organization_seats": null});
        for answer in [json!({}), null] {
            assert_eq!(from_value::<Onboarding>(answer).unwrap(), Onboarding::default());
        }
    }
}
