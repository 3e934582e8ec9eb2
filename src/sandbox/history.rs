//! Snapshots of the organization for stale list responses.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::org::{Org, ServiceAccount, Token, User};

/// The organization at several times. Keeps nothing while listings do not lag.
#[derive(Debug, Default)]
pub(crate) struct History {
    lag: Duration,
    /// Oldest first. The first is as old as the lag or older, or there is none that old.
    views: VecDeque<Snapshot>,
}

/// The content of lists from one time on.
#[derive(Debug)]
pub(crate) struct Snapshot {
    since: Instant,
    version: u64,
    /// Users in the order they came.
    pub(crate) users: Vec<User>,
    /// Service accounts, oldest first.
    pub(crate) service_accounts: Vec<ServiceAccount>,
}

impl Snapshot {
    fn of(org: &Org, since: Instant) -> Self {
        Self {
            since,
            version: org.version(),
            users: org.users().cloned().collect(),
            service_accounts: org.service_accounts().to_vec(),
        }
    }

    /// The tokens that a user had; none when the user was not there.
    pub(crate) fn tokens(&self, user: Uuid) -> &[Token] {
        self.users.iter().find(|each| each.id == user).map_or(&[], |user| &user.tokens)
    }
}

impl History {
    /// How far behind listings are.
    pub(crate) fn lag(&self) -> Duration {
        self.lag
    }

    /// Makes listings lag so far behind. What was before they did is not known.
    pub(crate) fn set_lag(&mut self, lag: Duration, org: &Org, now: Instant) {
        self.lag = lag;
        if lag.is_zero() {
            self.views.clear();
        }
        self.note(org, now);
    }

    /// Notes what the organization is now, if that is new, and forgets what is too old to be shown.
    pub(crate) fn note(&mut self, org: &Org, now: Instant) {
        if self.lag.is_zero() {
            return;
        }
        if self.views.back().is_none_or(|newest| newest.version != org.version()) {
            self.views.push_back(Snapshot::of(org, now));
        }
        while self.views.get(1).is_some_and(|second| self.is_past(second, now)) {
            self.views.pop_front();
        }
    }

    /// What a listing shows now; `None` when that is the truth.
    pub(crate) fn view(&self, now: Instant) -> Option<&Snapshot> {
        self.views.iter().rev().find(|view| self.is_past(view, now)).or(self.views.front())
    }

    fn is_past(&self, view: &Snapshot, now: Instant) -> bool {
        now.saturating_duration_since(view.since) >= self.lag
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::org::Rules;

    const LAG: Duration = Duration::from_millis(500);

    fn org() -> Org {
        Org::new(
            "sandbox".into(),
            Rules {
                seats: 3,
                subscription_end: "2030-12-31T00:00:00Z".parse().unwrap(),
                several_tokens: false,
                tokens_outlive_seats: false,
                onboarding_delay: Duration::ZERO,
                accounts: std::collections::BTreeSet::new(),
                never_arrive: std::collections::BTreeSet::new(),
            },
        )
    }

    #[test]
    fn snapshot_shows_state_before_lag() {
        let (mut org, mut history) = (org(), History::default());
        let start = Instant::now();
        let shown = |history: &History, after: u64| {
            let view = history.view(start + Duration::from_millis(after));
            view.map(|view| view.users.len())
        };
        assert_eq!(shown(&history, 0), None);
        history.set_lag(LAG, &org, start);
        for (user, after) in [("a@x.org", 100), ("b@x.org", 200)] {
            org.add_user(Some(user.into()), None, None).unwrap();
            history.note(&org, start + Duration::from_millis(after));
        }
        let seen = [0, 599, 600, 699, 700, 9999].map(|after| shown(&history, after));
        assert_eq!(seen, [0, 0, 1, 1, 2, 2].map(Some));
        history.note(&org, start + Duration::from_secs(1));
        assert_eq!(history.views.len(), 1, "what is too old is forgotten");
        history.set_lag(Duration::ZERO, &org, start);
        assert_eq!(shown(&history, 0), None);
    }
}
