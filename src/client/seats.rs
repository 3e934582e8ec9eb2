//! Seats: a user holds one seat of the subscription, or none.
//!
//! API facts: Organization Management API 1.0.0, operations `assign_seat` and `revoke_seat`. No
//! call reads a seat; the listing of users shows it by a subscription.

use super::call::Verb;
use super::roster::Write;
use super::{Error, Grant, Org, UserId};

impl Org {
    /// Assigns a seat: `POST .../users/{user}/seats`, answered 201 without a body.
    ///
    /// `send_email` is the API's `send_seat_assigned_email`, true by default there and never by
    /// accident here. Sent at most once: repeated after a lost answer, it would meet a 409 for the
    /// seat that it had just assigned.
    ///
    /// # Errors
    /// [`Error::Api`]: 402 no seat is free, 404 no such user, 409 the user holds a seat.
    ///
    /// Source: Organization Management API 1.0.0, operation `assign_seat`.
    pub async fn assign_seat(&self, user: &UserId, send_email: bool) -> Result<(), Error> {
        let call = self.call(Verb::Post, &["users", user.as_str(), "seats"])?;
        let call = call.query("send_seat_assigned_email", send_email);
        let assigned = self.carry_out(Grant::ServiceAccount, call).await;
        match &assigned {
            Err(e) if !e.is_conflict() => self.inner.roster.distrust_after(e),
            _ => self.inner.roster.record(Write::SeatAssigned(user.clone())),
        }
        assigned
    }

    /// Removes the user's seat: `DELETE .../users/{user}/seats`, answered 204.
    ///
    /// # Errors
    /// [`Error::Api`] 404: the user holds no seat, or is gone.
    ///
    /// Source: Organization Management API 1.0.0, operation `revoke_seat`.
    pub async fn remove_seat(&self, user: &UserId) -> Result<(), Error> {
        let call = self.call(Verb::Delete, &["users", user.as_str(), "seats"])?;
        let removed = self.carry_out(Grant::ServiceAccount, call).await;
        if removed.as_ref().map_or_else(Error::is_not_found, |()| true) {
            self.inner.roster.record(Write::SeatRemoved(user.clone()));
        }
        removed
    }
}
