//! Organization access tokens of users.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Org, OrgError, Token};

/// A token to issue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenOrder {
    /// The expiry as listings will show it.
    pub(crate) expires_at: Timestamp,
    /// Months it lives on beyond that.
    pub(crate) tolerance_months: u32,
    /// Whether to mail the value to the user.
    pub(crate) email: bool,
}

/// A new life for the live token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Renewal {
    /// Until the subscription ends.
    Subscription {
        /// Months beyond the expiry.
        tolerance_months: u32,
    },
    /// Until a given time; without one the expiry stays as it is.
    Until {
        /// The new expiry.
        expires_at: Option<Timestamp>,
        /// Months beyond the expiry.
        tolerance_months: u32,
    },
}

impl Org {
    /// Issues a token. Unless the organization allows several, it ends the live one: that stays
    /// in the list as revoked.
    pub(crate) fn issue_token(
        &mut self,
        id: Uuid,
        order: TokenOrder,
        now: Timestamp,
    ) -> Result<Uuid, OrgError> {
        let address = self.user(id)?.email.clone().filter(|_| order.email);
        let several = self.rules.several_tokens;
        let token = Token {
            id: Uuid::new_v4(),
            expires_at: order.expires_at,
            tolerance_months: order.tolerance_months,
            revoked: false,
            emailed: address.is_some(),
        };
        let token_id = token.id;
        self.users.edit(id, |user| {
            if !several {
                user.tokens.iter_mut().filter(|t| t.is_live(now)).for_each(|t| t.revoked = true);
            }
            user.tokens.push(token);
        });
        if let Some(address) = address {
            self.mail(address, "token");
        }
        self.touch();
        Ok(token_id)
    }

    /// Changes the live token; with several, the one issued last.
    pub(crate) fn renew_token(
        &mut self,
        id: Uuid,
        renewal: Renewal,
        now: Timestamp,
    ) -> Result<(), OrgError> {
        let end = self.rules.subscription_end;
        self.change_token(
            id,
            |token| token.is_live(now),
            |token| match renewal {
                Renewal::Subscription { tolerance_months } => {
                    token.expires_at = end;
                    token.tolerance_months = tolerance_months;
                }
                Renewal::Until { expires_at, tolerance_months } => {
                    token.expires_at = expires_at.unwrap_or(token.expires_at);
                    token.tolerance_months = tolerance_months;
                }
            },
        )
    }

    /// Ends the live token; with several, the one issued last.
    pub(crate) fn revoke_live_token(&mut self, id: Uuid, now: Timestamp) -> Result<(), OrgError> {
        self.change_token(id, |token| token.is_live(now), |token| token.revoked = true)
    }

    /// Ends one token. An expired one too: that it is over is not the same as that it was ended.
    pub(crate) fn revoke_token(&mut self, id: Uuid, token_id: Uuid) -> Result<(), OrgError> {
        let tokens = &self.user(id)?.tokens;
        match tokens.iter().find(|token| token.id == token_id) {
            None => Err(OrgError::TokenNotFound),
            Some(token) if token.revoked => Err(OrgError::TokenAlreadyRevoked),
            Some(_) => {
                self.change_token(id, |token| token.id == token_id, |token| token.revoked = true)
            }
        }
    }

    /// Changes the newest token that is meant.
    pub(super) fn change_token(
        &mut self,
        id: Uuid,
        is_meant: impl Fn(&Token) -> bool,
        change: impl FnOnce(&mut Token),
    ) -> Result<(), OrgError> {
        let changed = self.users.edit(id, |user| {
            user.tokens.iter_mut().rev().find(|token| is_meant(token)).map(change)
        });
        changed.ok_or(OrgError::UserNotFound)?.ok_or(OrgError::TokenNotFound)?;
        self.touch();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::dates;

    fn at(text: &str) -> Timestamp {
        dates::parse(text).unwrap()
    }

    fn order(expires_at: &str) -> TokenOrder {
        TokenOrder { expires_at: at(expires_at), tolerance_months: 0, email: true }
    }

    const NOW: &str = "2026-06-01T00:00:00Z";
    const LATER: &str = "2026-12-31T00:00:00Z";

    fn org_with_user() -> (Org, Uuid) {
        let mut org = Org::for_tests();
        let id = org.add_user(Some("ada@example.com".into()), None, None).unwrap().id;
        (org, id)
    }

    fn live(org: &Org, id: Uuid, now: &str) -> Vec<Uuid> {
        let tokens = &org.user(id).unwrap().tokens;
        tokens.iter().filter(|token| token.is_live(at(now))).map(|token| token.id).collect()
    }

    #[test]
    fn issuing_revokes_active_token_and_lists_both() {
        let (mut org, id) = org_with_user();
        let first = org.issue_token(id, order(LATER), at(NOW)).unwrap();
        let second = org.issue_token(id, order(LATER), at(NOW)).unwrap();
        assert_eq!(live(&org, id, NOW), [second]);
        let tokens = &org.user(id).unwrap().tokens;
        assert!(tokens.len() == 2 && tokens[0].id == first && tokens[0].revoked);
    }

    #[test]
    fn issuing_leaves_expired_token_unchanged() {
        let (mut org, id) = org_with_user();
        org.issue_token(id, order("2026-01-01T00:00:00Z"), at(NOW)).unwrap();
        org.issue_token(id, order(LATER), at(NOW)).unwrap();
        assert!(!org.user(id).unwrap().tokens[0].revoked);
    }

    #[test]
    fn several_active_tokens_remain_and_newest_changes() {
        let (mut org, id) = org_with_user();
        org.rules.several_tokens = true;
        let first = org.issue_token(id, order(LATER), at(NOW)).unwrap();
        let second = org.issue_token(id, order(LATER), at(NOW)).unwrap();
        assert_eq!(live(&org, id, NOW), [first, second]);
        org.revoke_live_token(id, at(NOW)).unwrap();
        assert_eq!(live(&org, id, NOW), [first]);
        let until =
            Renewal::Until { expires_at: Some(at("2027-01-01T00:00:00Z")), tolerance_months: 0 };
        org.renew_token(id, until, at(NOW)).unwrap();
        assert_eq!(org.user(id).unwrap().tokens[0].expires_at, at("2027-01-01T00:00:00Z"));
    }

    #[test]
    fn grace_period_extends_lifetime_but_not_date() {
        let (mut org, id) = org_with_user();
        let order = TokenOrder { tolerance_months: 2, ..order("2026-07-01T00:00:00Z") };
        org.issue_token(id, order, at(NOW)).unwrap();
        assert_eq!(live(&org, id, "2026-08-31T23:59:59Z").len(), 1);
        assert_eq!(live(&org, id, "2026-09-01T00:00:00Z").len(), 0);
        assert_eq!(org.user(id).unwrap().tokens[0].expires_at, at("2026-07-01T00:00:00Z"));
    }

    #[test]
    fn renewal_uses_subscription_end_date() {
        let (mut org, id) = org_with_user();
        org.issue_token(id, order(LATER), at(NOW)).unwrap();
        org.renew_token(id, Renewal::Subscription { tolerance_months: 1 }, at(NOW)).unwrap();
        let token = &org.user(id).unwrap().tokens[0];
        assert_eq!(token.expires_at, org.rules.subscription_end);
        assert_eq!(token.tolerance_months, 1);
    }

    #[test]
    fn renewal_and_revocation_require_active_token() {
        let (mut org, id) = org_with_user();
        org.issue_token(id, order("2026-01-01T00:00:00Z"), at(NOW)).unwrap();
        let renewal = Renewal::Subscription { tolerance_months: 0 };
        assert_eq!(org.renew_token(id, renewal, at(NOW)), Err(OrgError::TokenNotFound));
        assert_eq!(org.revoke_live_token(id, at(NOW)), Err(OrgError::TokenNotFound));
        let nobody = Uuid::new_v4();
        assert_eq!(org.renew_token(nobody, renewal, at(NOW)), Err(OrgError::UserNotFound));
        assert_eq!(org.revoke_live_token(nobody, at(NOW)), Err(OrgError::UserNotFound));
    }

    #[test]
    fn token_is_revoked_by_id_once() {
        let (mut org, id) = org_with_user();
        let token = org.issue_token(id, order(LATER), at(NOW)).unwrap();
        assert_eq!(org.revoke_token(id, token), Ok(()));
        assert_eq!(org.revoke_token(id, token), Err(OrgError::TokenAlreadyRevoked));
        assert_eq!(org.revoke_token(id, Uuid::new_v4()), Err(OrgError::TokenNotFound));
        let expired = org.issue_token(id, order("2026-01-01T00:00:00Z"), at(NOW)).unwrap();
        assert_eq!(org.revoke_token(id, expired), Ok(()));
    }

    #[test]
    fn token_mail_requires_email_and_request() {
        let (mut org, id) = org_with_user();
        let machine = org.add_user(None, None, None).unwrap().id;
        org.issue_token(machine, order(LATER), at(NOW)).unwrap();
        org.issue_token(id, TokenOrder { email: false, ..order(LATER) }, at(NOW)).unwrap();
        assert!(org.mails().is_empty());
        org.issue_token(id, order(LATER), at(NOW)).unwrap();
        assert_eq!(org.mails().len(), 1);
        assert!(org.user(id).unwrap().tokens[1].emailed);
        assert!(!org.user(machine).unwrap().tokens[0].emailed);
    }
}
