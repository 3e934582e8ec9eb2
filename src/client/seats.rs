//! Seats: a user has one seat of the subscription, or none.
//!
//! API facts: Organization Management API 1.0.0, operations `assign_seat` and `revoke_seat`. No
//! request reads a seat; the user list shows it as a subscription.

use super::journal::{Fact, Object};
use super::request::HttpMethod;
use super::{Error, Grant, Org, UserId};

impl Org {
    /// Assigns a seat: `POST .../users/{user}/seats`, which returns 201 without a body.
    ///
    /// `send_email` is the API's `send_seat_assigned_email`. It defaults to true in the API, and
    /// must be set explicitly here. Sent at most once: after a lost response, a retry would receive
    /// a 409 for the seat that it just assigned.
    ///
    /// # Errors
    /// Returns [`Error::Api`] with status 402 if no seat is available, 404 if the user does not
    /// exist, or 409 if the user has a seat.
    ///
    /// Source: Organization Management API 1.0.0, operation `assign_seat`.
    pub async fn assign_seat(&self, user: &UserId, send_email: bool) -> Result<(), Error> {
        let call = self.call(HttpMethod::Post, &["users", user.as_str(), "seats"])?;
        let call = call.query("send_seat_assigned_email", send_email);
        let assigned = self.execute(Grant::ServiceAccount, call).await;
        self.note(&Object::Seat(user.clone()), &Fact::Made, &assigned);
        assigned
    }

    /// Unassigns the user's seat: `DELETE .../users/{user}/seats`, which returns 204.
    ///
    /// # Errors
    /// Returns [`Error::Api`] with status 404 if the user has no seat, or does not exist.
    ///
    /// Source: Organization Management API 1.0.0, operation `revoke_seat`.
    pub async fn remove_seat(&self, user: &UserId) -> Result<(), Error> {
        let call = self.call(HttpMethod::Delete, &["users", user.as_str(), "seats"])?;
        let removed = self.execute(Grant::ServiceAccount, call).await;
        self.note(&Object::Seat(user.clone()), &Fact::Removed, &removed);
        removed
    }

    /// Reports whether this handle or a clone has unassigned the user's seat and assigned none
    /// since. If so, a later removal does not need a request.
    #[must_use]
    pub fn has_removed_seat(&self, user: &UserId) -> bool {
        matches!(self.inner.journal.latest(&Object::Seat(user.clone())), Some(Fact::Removed))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::*;
    use super::*;

    fn error(message: &str) -> Value {
        json!({"error": {"code": "e", "message": message}})
    }

    /// Reports whether the user list shows a seat for user 1.
    async fn has_seat(org: &Org) -> bool {
        org.user_by_id(&user_id(1)).await.unwrap().unwrap().has_seat()
    }

    async fn server(script: impl IntoIterator<Item = Exchange>) -> Server {
        let users = on("GET ./users?include_groups=false", 200, &json!({"items": [listed(1)]}));
        Server::signed_in(std::iter::once(users).chain(script)).await
    }

    fn seats(verb: &str) -> String {
        format!("{verb} ./users/{}/seats", user_id(1))
    }

    #[tokio::test]
    async fn assigned_seat_is_listed_until_removed() {
        let assign = format!("{}?send_seat_assigned_email=false", seats("POST"));
        let server =
            server([on(&assign, 201, &Value::Null), on(&seats("DELETE"), 204, &Value::Null)]).await;
        let org = server.org();
        assert!(!has_seat(&org).await);
        org.assign_seat(&user_id(1), false).await.unwrap();
        assert!(has_seat(&org).await);
        assert!(!org.has_removed_seat(&user_id(1)));
        org.remove_seat(&user_id(1)).await.unwrap();
        assert!(!has_seat(&org).await);
        assert!(org.has_removed_seat(&user_id(1)));
    }

    #[tokio::test]
    async fn conflict_or_missing_seat_invalidates_list() {
        let assign = format!("{}?send_seat_assigned_email=true", seats("POST"));
        let mut holder = listed(1);
        holder["subscriptions"] = json!(["s"]);
        let users = |user| on("GET ./users?include_groups=false", 200, &json!({"items": [user]}));
        let server = server([
            on(&assign, 409, &error("A seat is already assigned to the user")),
            users(holder),
            on(&seats("DELETE"), 404, &error("A seat is not currently assigned to the user")),
            users(listed(1)),
        ])
        .await;
        let org = server.org();
        assert!(!has_seat(&org).await);
        assert!(org.assign_seat(&user_id(1), true).await.unwrap_err().is_conflict());
        assert!(has_seat(&org).await);
        assert!(org.remove_seat(&user_id(1)).await.unwrap_err().is_not_found());
        assert!(!has_seat(&org).await);
    }

    #[tokio::test]
    async fn rejected_seat_is_not_listed() {
        let assign = format!("{}?send_seat_assigned_email=true", seats("POST"));
        let text = "No free seats remaining in the organization subscription";
        let server = server([on(&assign, 402, &error(text))]).await;
        let org = server.org();
        let refused = org.assign_seat(&user_id(1), true).await.unwrap_err();
        assert!(refused.is_no_free_seat());
        assert_eq!(refused.message(), text);
        assert!(!has_seat(&org).await);
    }
}
