//! Changes outside of the API, such as in a browser, to test drift. Only impossible changes are
//! rejected.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Org, OrgError, Role, TokenOrder, User};

/// A user as somebody wants it. `None` leaves a field as it is (or, for a new user, empty);
/// `Some(None)` empties it.
#[derive(Clone, Debug, Default)]
#[expect(clippy::option_option, reason = "a field can be kept, emptied or set")]
pub(crate) struct UserPatch {
    /// Address; emptied, the user becomes a managed one.
    pub(crate) email: Option<Option<String>>,
    /// First name.
    pub(crate) first_name: Option<Option<String>>,
    /// Last name.
    pub(crate) last_name: Option<Option<String>>,
    /// Role; a new user is a member.
    pub(crate) role: Option<Role>,
    /// Seat; a new user has none.
    pub(crate) seat: Option<bool>,
}

/// What to do with a token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TokenPatch {
    /// End it; it stays in the list. Nothing happens to one that is revoked.
    Revoke,
    /// Take it out of the list.
    Vanish,
    /// Give it another expiry.
    Expire(Timestamp),
}

impl Org {
    /// Adds a user.
    pub(crate) fn add_user_out_of_band(&mut self, wanted: UserPatch) -> Result<&User, OrgError> {
        let user = User::member(None);
        let id = user.id;
        self.check(&user, &wanted)?;
        self.users.insert(user);
        self.change_user_out_of_band(id, wanted)
    }

    /// Changes a user, role included. An organization can be left without an admin this way.
    pub(crate) fn change_user_out_of_band(
        &mut self,
        id: Uuid,
        wanted: UserPatch,
    ) -> Result<&User, OrgError> {
        self.check(self.user(id)?, &wanted)?;
        let ends = !self.rules.tokens_outlive_seats;
        self.users.edit(id, |user| {
            if let Some(email) = wanted.email {
                user.email = email.map(|address| address.to_lowercase());
            }
            user.first_name = wanted.first_name.unwrap_or(user.first_name.take());
            user.last_name = wanted.last_name.unwrap_or(user.last_name.take());
            user.role = wanted.role.unwrap_or(user.role);
            let loses = user.seat && wanted.seat == Some(false);
            user.tokens.iter_mut().filter(|_| loses && ends).for_each(|it| it.revoked = true);
            user.seat = wanted.seat.unwrap_or(user.seat);
        });
        self.touch();
        self.user(id)
    }

    /// Removes a user with everything, the last admin too.
    pub(crate) fn remove_user_out_of_band(&mut self, id: Uuid) -> Result<(), OrgError> {
        self.users.remove(id).ok_or(OrgError::UserNotFound)?;
        self.touch();
        Ok(())
    }

    /// Issues a token without a mail.
    pub(crate) fn issue_token_out_of_band(
        &mut self,
        id: Uuid,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Uuid, OrgError> {
        let order = TokenOrder { expires_at, tolerance_months: 0, email: false };
        self.issue_token(id, order, now)
    }

    /// Changes a token.
    pub(crate) fn change_token_out_of_band(
        &mut self,
        id: Uuid,
        token_id: Uuid,
        what: TokenPatch,
    ) -> Result<(), OrgError> {
        self.change_token(
            id,
            |token| token.id == token_id,
            |token| match what {
                TokenPatch::Expire(expires_at) => token.expires_at = expires_at,
                TokenPatch::Revoke | TokenPatch::Vanish => token.revoked = true,
            },
        )?;
        if matches!(what, TokenPatch::Vanish) {
            self.users.edit(id, |user| user.tokens.retain(|token| token.id != token_id));
        }
        Ok(())
    }

    /// Refuses what cannot be: two users with one address, more seats held than there are.
    fn check(&self, user: &User, wanted: &UserPatch) -> Result<(), OrgError> {
        if let Some(Some(email)) = &wanted.email {
            match self.users.with_email(email) {
                Some(other) if other.id != user.id => return Err(OrgError::AlreadyMember),
                _ => {}
            }
        }
        if wanted.seat == Some(true) && !user.seat && self.seats_free() == 0 {
            return Err(OrgError::NoFreeSeats);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::dates;

    #[test]
    fn out_of_band_user_accepts_any_fields() {
        let mut org = Org::for_tests();
        let wanted = UserPatch {
            email: Some(Some("Ada@example.com".into())),
            role: Some(Role::BillingManager),
            seat: Some(true),
            ..UserPatch::default()
        };
        let ada = org.add_user_out_of_band(wanted.clone()).unwrap().clone();
        assert_eq!(ada.email.as_deref(), Some("ada@example.com"));
        assert!(ada.seat && ada.role == Role::BillingManager);
        assert_eq!(org.add_user_out_of_band(wanted).unwrap_err(), OrgError::AlreadyMember);
        assert_eq!(org.seats_used(), 1);
    }

    #[test]
    fn out_of_band_change_keeps_other_fields() {
        let mut org = Org::for_tests();
        let id = org.add_user(None, Some("Jupyter".into()), Some("One".into())).unwrap().id;
        let wanted = UserPatch { last_name: Some(None), ..UserPatch::default() };
        let user = org.change_user_out_of_band(id, wanted).unwrap();
        assert_eq!(
            (user.first_name.as_deref(), user.last_name.as_deref()),
            (Some("Jupyter"), None)
        );
    }

    #[test]
    fn out_of_band_seats_never_exceed_pool() {
        let mut org = Org::for_tests();
        let seated = UserPatch { seat: Some(true), ..UserPatch::default() };
        for _ in 0..3 {
            org.add_user_out_of_band(seated.clone()).unwrap();
        }
        assert_eq!(org.add_user_out_of_band(seated).unwrap_err(), OrgError::NoFreeSeats);
        assert_eq!(org.users().count(), 4, "a refused user leaves no trace");
    }

    #[test]
    fn out_of_band_tokens_are_revoked_expired_or_deleted() {
        let mut org = Org::for_tests();
        let now = dates::parse("2026-06-01T00:00:00Z").unwrap();
        let end = dates::parse("2026-12-31T00:00:00Z").unwrap();
        let id = org.add_user(None, None, None).unwrap().id;
        let token = org.issue_token_out_of_band(id, end, now).unwrap();
        org.change_token_out_of_band(id, token, TokenPatch::Expire(now)).unwrap();
        assert_eq!(org.user(id).unwrap().tokens[0].expires_at, now);
        org.change_token_out_of_band(id, token, TokenPatch::Revoke).unwrap();
        assert!(org.user(id).unwrap().tokens[0].revoked);
        org.change_token_out_of_band(id, token, TokenPatch::Vanish).unwrap();
        assert!(org.user(id).unwrap().tokens.is_empty());
        let gone = org.change_token_out_of_band(id, token, TokenPatch::Revoke);
        assert_eq!(gone, Err(OrgError::TokenNotFound));
    }

    #[test]
    fn out_of_band_removal_includes_last_admin() {
        let mut org = Org::for_tests();
        let id = org.admin().unwrap().id;
        assert_eq!(org.remove_user_out_of_band(id), Ok(()));
        assert_eq!(org.users().count(), 0);
    }
}
