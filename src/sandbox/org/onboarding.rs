//! Onboarding: addresses become members, with a seat and a token, some time after they were
//! accepted.

use jiff::{SignedDuration, Timestamp};

use super::{Org, Pending, TokenOrder, User};

/// What became of each address, in the order and spelling they were sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Onboarded {
    /// Accepted. Whether they arrive shows only in the list of users.
    pub(crate) in_process: Vec<String>,
    /// Refused: already a member, an account elsewhere, or no seat left.
    pub(crate) unavailable: Vec<String>,
}

impl Org {
    /// Accepts or refuses each address.
    ///
    /// An address that is in process already is accepted again and changes nothing. One sent
    /// twice is answered once.
    pub(crate) fn onboard(&mut self, emails: Vec<String>, now: Timestamp) -> Onboarded {
        let delay = SignedDuration::try_from(self.rules.onboarding_delay).ok();
        let ready_at = delay.and_then(|delay| now.checked_add(delay).ok());
        let ready_at = ready_at.unwrap_or(Timestamp::MAX);
        let mut free = self.seats_for_onboarding();
        let mut waiting: std::collections::HashSet<String> =
            self.onboarding.iter().map(|pending| pending.email.clone()).collect();
        let mut seen = std::collections::HashSet::new();
        let mut result = Onboarded { in_process: Vec::new(), unavailable: Vec::new() };
        for spelled in emails {
            let email = spelled.to_lowercase();
            if !seen.insert(email.clone()) {
                continue;
            }
            if waiting.contains(&email) {
                result.in_process.push(spelled);
            } else if free == 0 || self.is_taken(&email) {
                result.unavailable.push(spelled);
            } else {
                free -= 1;
                waiting.insert(email.clone());
                self.onboarding.push(Pending { email, ready_at });
                result.in_process.push(spelled);
            }
        }
        if !result.in_process.is_empty() {
            self.touch();
        }
        self.arrive(now);
        result
    }

    /// Addresses in process.
    pub(crate) fn onboarding(&self) -> &[Pending] {
        &self.onboarding
    }

    /// Seats that neither a user nor an address in process has.
    pub(crate) fn seats_for_onboarding(&self) -> u32 {
        let waiting = u32::try_from(self.onboarding.len()).unwrap_or(u32::MAX);
        self.seats_free().saturating_sub(waiting)
    }

    /// Lets everybody in whose time has come. An address fails unseen when it is one of those
    /// that never arrive, became a member on another way, or when its seat has gone meanwhile.
    pub(crate) fn arrive(&mut self, now: Timestamp) {
        if self.onboarding.iter().all(|pending| pending.ready_at > now) {
            return;
        }
        let all = std::mem::take(&mut self.onboarding);
        let (ready, waiting): (Vec<_>, Vec<_>) = all.into_iter().partition(|p| p.ready_at <= now);
        self.onboarding = waiting;
        for Pending { email, .. } in ready {
            let can_arrive = self.seats_free() > 0 && !self.is_taken(&email);
            if can_arrive && !self.rules.never_arrive.contains(&email) {
                self.welcome(email, now);
            }
        }
        self.touch();
    }

    fn welcome(&mut self, email: String, now: Timestamp) {
        let user = User { seat: true, ..User::member(Some(email.clone())) };
        let id = user.id;
        self.users.insert(user);
        if let Some(admin) = self.admin().map(User::listed_email) {
            self.mail(admin, "onboarded");
        }
        self.mail(email, "welcome");
        let expires_at = self.rules.subscription_end;
        let order = TokenOrder { expires_at, tolerance_months: 0, email: true };
        // The user was added just now, so there is no refusal to hear.
        let _ = self.issue_token(id, order, now);
    }

    fn is_taken(&self, email: &str) -> bool {
        self.rules.accounts.contains(email) || self.users.with_email(email).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sandbox::dates;

    fn now() -> Timestamp {
        dates::parse("2026-06-01T00:00:00Z").unwrap()
    }

    fn strings(emails: &[&str]) -> Vec<String> {
        emails.iter().map(|&email| email.to_owned()).collect()
    }

    #[test]
    fn invited_user_gets_seat_token_and_two_mails() {
        let mut org = Org::for_tests();
        let result = org.onboard(strings(&["Ada@example.com"]), now());
        assert_eq!(result.in_process, ["Ada@example.com"]);
        let ada = org.users.with_email("ada@example.com").unwrap();
        assert!(ada.seat && ada.tokens.len() == 1 && ada.tokens[0].is_live(now()));
        assert_eq!(ada.tokens[0].expires_at, org.rules.subscription_end);
        let kinds: Vec<_> = org.mails().iter().map(|mail| mail.kind.as_str()).collect();
        assert_eq!(kinds, ["onboarded", "welcome", "token"]);
    }

    #[test]
    fn delayed_onboarding_completes_after_its_delay() {
        let mut org = Org::for_tests();
        org.rules.onboarding_delay = Duration::from_secs(60);
        org.onboard(strings(&["ada@example.com"]), now());
        org.arrive(now() + SignedDuration::from_secs(59));
        assert!(org.users.with_email("ada@example.com").is_none());
        assert_eq!(org.onboarding().len(), 1);
        org.arrive(now() + SignedDuration::from_secs(60));
        assert!(org.users.with_email("ada@example.com").is_some());
        assert!(org.onboarding().is_empty());
    }

    #[test]
    fn members_accounts_and_seatless_users_are_unavailable() {
        let mut org = Org::for_tests();
        org.rules.accounts.insert("has@example.com".into());
        org.rules.onboarding_delay = Duration::from_secs(60);
        let sent =
            strings(&["ADMIN@example.com", "has@example.com", "1@x.org", "2@x.org", "3@x.org"]);
        org.onboard(strings(&["0@x.org"]), now());
        let result = org.onboard(sent, now());
        assert_eq!(result.in_process, ["1@x.org", "2@x.org"]);
        assert_eq!(result.unavailable, ["ADMIN@example.com", "has@example.com", "3@x.org"]);
        assert_eq!(org.seats_for_onboarding(), 0);
    }

    #[test]
    fn pending_email_is_accepted_without_second_seat() {
        let mut org = Org::for_tests();
        org.rules.onboarding_delay = Duration::from_secs(60);
        let twice = strings(&["ada@example.com", "ADA@example.com"]);
        assert_eq!(org.onboard(twice.clone(), now()).in_process, ["ada@example.com"]);
        assert_eq!(org.onboard(twice, now()).in_process, ["ada@example.com"]);
        assert_eq!((org.onboarding().len(), org.seats_for_onboarding()), (1, 2));
    }

    #[test]
    fn lost_invitations_keep_no_seat() {
        let mut org = Org::for_tests();
        org.rules.never_arrive.insert("lost@example.com".into());
        let result = org.onboard(strings(&["lost@example.com"]), now());
        assert_eq!(result.in_process, ["lost@example.com"]);
        assert!(org.users.with_email("lost@example.com").is_none());
        assert_eq!(org.seats_for_onboarding(), 3);
    }

    #[test]
    fn invitation_without_free_seat_is_lost() {
        let mut org = Org::for_tests();
        org.rules.onboarding_delay = Duration::from_secs(60);
        org.onboard(strings(&["ada@example.com"]), now());
        org.rules.seats = 0;
        org.arrive(now() + SignedDuration::from_secs(60));
        assert!(org.users.with_email("ada@example.com").is_none());
    }
}
