//! The invited people and their status.

use std::collections::{BTreeMap, BTreeSet};

use crate::client::UserId;
use crate::tf_provider::prelude::*;

/// The known facts about one email address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Person {
    /// UUID of the person, set once they are a member.
    pub(super) id: Option<UserId>,
    pub(super) status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Member,
    InProcess,
    /// The outcome of the invitation is unknown: the address might be in process, or not.
    Unknown,
    Unavailable,
}

impl Status {
    /// Reports whether the person might still become a member because of an invitation by this
    /// resource.
    pub(super) fn is_pending(self) -> bool {
        matches!(self, Self::InProcess | Self::Unknown)
    }

    /// Reports whether an update invites the person. The plan and the apply both use this rule.
    ///
    /// Only an unknown outcome is invited again without a request by the user. All other people
    /// keep their status until `triggers` changes, so that a plan becomes empty.
    pub(super) fn invites(this: Option<Self>, again: bool) -> bool {
        match this {
            None | Some(Self::Unknown) => true,
            Some(Self::Member) => false,
            Some(Self::InProcess | Self::Unavailable) => again,
        }
    }
}

/// The people by email address. Two spellings of one address are the same key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct People(BTreeMap<String, (String, Person)>);

impl People {
    pub(super) fn get(&self, email: &str) -> Option<&Person> {
        self.entry(email).map(|(_, person)| person)
    }

    /// Returns the email address as it is spelled, and the person.
    pub(super) fn entry(&self, email: &str) -> Option<(&str, &Person)> {
        self.0.get(&email.to_lowercase()).map(|(email, person)| (email.as_str(), person))
    }

    pub(super) fn set(&mut self, email: &str, person: Person) {
        self.0.insert(email.to_lowercase(), (email.to_owned(), person));
    }

    /// Updates each person in place.
    pub(super) fn update(&mut self, mut change: impl FnMut(&str, &mut Person)) {
        self.0.values_mut().for_each(|(email, person)| change(email, person));
    }

    pub(super) fn remove(&mut self, email: &str) {
        self.0.remove(&email.to_lowercase());
    }

    /// Returns each email address as it is spelled, and the person.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Person)> {
        self.0.values().map(|(email, person)| (email.as_str(), person))
    }

    pub(super) fn with_status(&self, status: Status) -> Vec<&str> {
        let some = self.iter().filter(|(_, person)| person.status == status);
        some.map(|(email, _)| email).collect()
    }

    /// Returns the email addresses of the people who might still become members.
    pub(super) fn pending(&self) -> Vec<&str> {
        let some = self.iter().filter(|(_, person)| person.status.is_pending());
        some.map(|(email, _)| email).collect()
    }

    /// Spells the stored email addresses as `emails` does.
    pub(super) fn spell_like(&mut self, emails: &[String]) {
        for email in emails {
            if let Some((spelled, _)) = self.0.get_mut(&email.to_lowercase()) {
                spelled.clone_from(email);
            }
        }
    }
}

impl FromIterator<(String, Person)> for People {
    fn from_iter<I: IntoIterator<Item = (String, Person)>>(people: I) -> Self {
        let entry = |(email, person): (String, Person)| (email.to_lowercase(), (email, person));
        Self(people.into_iter().map(entry).collect())
    }
}

impl From<&People> for Attr<BTreeMap<String, Attr<Person>>> {
    fn from(people: &People) -> Self {
        let entry = |(email, person): (&str, &Person)| (email.to_owned(), person.clone().into());
        Self::Known(people.iter().map(entry).collect())
    }
}

/// Returns the email addresses in lowercase.
pub(super) fn lower_case(emails: &[String]) -> BTreeSet<String> {
    emails.iter().map(|email| email.to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_spellings_count_as_one_person() {
        let person = Person { id: None, status: Status::InProcess };
        let mut people = People::from_iter([("Ada@x.org".to_owned(), person.clone())]);
        people.set("ada@X.org", person);
        people.spell_like(&["ADA@x.org".to_owned()]);
        assert_eq!(people.pending(), ["ADA@x.org"]);
        people.remove("ada@x.org");
        assert_eq!(people, People::default());
    }

    #[test]
    fn invitations_skip_members_and_known_addresses() {
        use Status::{InProcess, Member, Unavailable, Unknown};
        let invited = |again| {
            [None, Some(Unknown), Some(Member), Some(InProcess), Some(Unavailable)]
                .map(|status| Status::invites(status, again))
        };
        assert_eq!(invited(false), [true, true, false, false, false]);
        assert_eq!(invited(true), [true, true, false, true, true]);
    }
}
