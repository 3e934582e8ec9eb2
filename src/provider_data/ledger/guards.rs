//! Guards against a plan that removes more people than the user allows, or every admin.

use std::collections::BTreeMap;

use super::{Kind, Ledger, Object};
use crate::client::{User, UserId, Users};
use crate::tf_provider::diagnostics::{Diagnostic, Result};

/// The first version of Terraform that plans removals with the provider.
const PLANS_REMOVALS: (u32, u32) = (1, 3);

/// The rules for the whole run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) limit: Option<u32>,
    pub(super) sees_removals: bool,
}

impl Rules {
    pub(super) fn new(terraform_version: &str) -> Self {
        let mut parts = terraform_version.split('.').map(|part| part.parse::<u32>().ok());
        let version = parts.next().flatten().zip(parts.next().flatten());
        // A program that does not report its version is a newer Terraform, or not Terraform.
        Self { limit: None, sees_removals: version.is_none_or(|it| it >= PLANS_REMOVALS) }
    }
}

/// The people and managed users who leave, each counted once.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Their labels for messages, by ID.
    seen: BTreeMap<String, String>,
    /// The number of people among them. Managed users do not count.
    people: usize,
    limit_reported: bool,
    no_admin_reported: bool,
}

impl Tally {
    /// Counts a person, and reports whether they were not counted before.
    pub(super) fn is_new(&mut self, person: &Object) -> bool {
        let key = person.id().unwrap_or(&person.label).to_owned();
        let new = self.seen.insert(key, person.label.clone()).is_none();
        self.people += usize::from(new && !person.managed);
        new
    }

    /// Returns the error for a plan that removes too many people, once.
    pub(super) fn over_limit(&mut self, rules: &Rules) -> Option<Diagnostic> {
        let limit = rules.limit.filter(|limit| self.exceeds(*limit))?;
        let first = !std::mem::replace(&mut self.limit_reported, true);
        first.then(|| over_limit(limit, self.seen.values()))
    }

    fn exceeds(&self, limit: u32) -> bool {
        u32::try_from(self.people).unwrap_or(u32::MAX) > limit
    }

    fn uncount(&mut self, person: &Object) {
        if self.seen.remove(person.id().unwrap_or(&person.label)).is_some() {
            self.people -= usize::from(!person.managed);
        }
    }
}

impl Ledger {
    /// Records that the apply is about to remove an object, so that it can be added again.
    ///
    /// Before Terraform v1.3, whose plans cannot count removals, this counts people.
    ///
    /// # Errors
    /// Returns an error if the removal would exceed `offboarding_limit`.
    pub(crate) fn before_removal(&self, object: &Object) -> Result<()> {
        let book = &mut *self.book();
        if let Rules { limit: Some(limit), sees_removals: false } = self.rules
            && object.kind == Kind::Person
            && book.tally.is_new(object)
            && book.tally.exceeds(limit)
        {
            book.tally.uncount(object);
            return Err(over_limit_in_apply(limit, &object.label).into());
        }
        let entries: Vec<_> = book.places(object).map(|(at, ..)| *at).collect();
        for at in entries {
            book.take(at);
        }
        Ok(())
    }

    /// Returns the labels of the admins in `leaving`.
    ///
    /// # Errors
    /// Returns an error, once, if the plan leaves the organization without an admin.
    pub(in crate::provider_data) fn admins_among<'a>(
        &self,
        leaving: impl Iterator<Item = &'a Object>,
        users: &Users,
    ) -> Result<Vec<&'a str>> {
        let is_admin = |id: &str| {
            UserId::parse(id).ok().and_then(|id| users.by_id(&id)).is_some_and(User::is_admin)
        };
        let admins: Vec<_> = leaving
            .filter(|it| it.id().is_some_and(is_admin))
            .map(|it| it.label.as_str())
            .collect();
        let tally = &mut self.book().tally;
        let all_leave = users
            .iter()
            .filter(|user| user.is_admin())
            .all(|it| tally.seen.contains_key(it.id.as_str()));
        let last = !admins.is_empty() && all_leave;
        if !last || std::mem::replace(&mut tally.no_admin_reported, true) {
            return Ok(admins);
        }
        Err(no_admin_left(&admins.join(", ")).into())
    }
}

fn over_limit<'a>(limit: u32, people: impl Iterator<Item = &'a String>) -> Diagnostic {
    let some = people.take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
    Diagnostic::error(
        "Offboarding limit exceeded",
        format!(
            "This plan removes more than {limit} people from the organization, and `offboarding_limit` \
             is {limit}. No changes were made. The first people that the provider found: {some}.\n\n\
             Check where the configuration takes its people from: a file might be truncated, or a \
             list might be empty. To remove them, raise `offboarding_limit` in the provider block, or \
             the environment variable `ANACONDA_OFFBOARDING_LIMIT` if the block does not set it, for \
             this run."
        ),
    )
}

fn over_limit_in_apply(limit: u32, who: &str) -> Diagnostic {
    Diagnostic::error(
        "Offboarding limit reached",
        format!(
            "{who} was not removed: this run has removed {limit} people from the organization, and \
             `offboarding_limit` is {limit}. Terraform before v1.3 does not plan removals, so the limit \
             holds in the apply. To remove the others, raise `offboarding_limit` in the provider block, \
             or the environment variable `ANACONDA_OFFBOARDING_LIMIT` if the block does not set it, and \
             apply again."
        ),
    )
}

fn no_admin_left(admins: &str) -> Diagnostic {
    Diagnostic::error(
        "No admin would be left",
        format!(
            "This plan removes every admin of the organization: the last one is {admins}. Anaconda \
             rejects the removal of the last admin, so the apply would stop halfway. Make another member an admin on \
             the organization's page, or keep one of the admins: add the block again, or remove it from \
             the state without removing the user (`removed` block with `destroy = false`, or \
             `terraform state rm <ADDRESS>`)."
        ),
    )
}
