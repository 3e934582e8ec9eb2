//! [`Ledger`]: the effect of one plan on each object, over all resource addresses.
//!
//! Terraform plans each resource separately, and does not send its address. One provider process
//! receives all these requests. So the ledger detects an object that two addresses manage, or that
//! one address removes and another adds, before a user loses access.
//!
//! The protocol has these properties:
//!
//! - Requests arrive one by one, in any order, and the last one is not marked. So the second
//!   request about a pair of addresses decides, and no rule depends on what a plan does *not*
//!   contain.
//! - Terraform plans a replacement with two requests. A mark in the private state pairs them. The
//!   first request of a replacement that the user asked for (`-replace`) looks like no change.
//!   Terraform drops the warnings of a second request, so a message there must be an error.
//! - A tainted object is planned like a new one, and cannot be distinguished from it.
//! - The apply plans changes again, in a new process, but not plain removals. All unknown values
//!   are known then. Once the apply has started, only additions are rejected, because the removal
//!   of a deposed object follows the creation of its successor.
//! - Terraform before v1.3 does not plan removals with the provider.

mod advice;
mod guards;
mod object;
mod planned;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use advice::DESTROY;
pub(crate) use object::Object;
pub(crate) use planned::own_account;

use self::object::{Key, Kind};
use crate::client::Users;
use crate::tf_provider::diagnostics::Diagnostics;

/// The effect of one plan request on objects. Each address has one step.
///
/// A resource creates it at the end of `plan` and in `plan_delete`, and passes it to
/// [`ProviderData::note_plan`](super::ProviderData::note_plan):
///
/// - A new object is in `comes` if it can be identified. An unknown one is omitted.
/// - An object that stays, unchanged or updated in place, is in `stays`.
/// - A removed object is in `leaves`.
/// - A replacement has the prior object in `leaves`, and the new one in `comes` if it is known.
/// - A resource of many people, such as an onboarding, sorts each of them into one of the three. A
///   person who leaves it and stays a member (`released_emails`) is in none.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// The objects that this address no longer manages, so that they are removed.
    pub(crate) leaves: Vec<Object>,
    /// The objects that this address manages before and after.
    pub(crate) stays: Vec<Object>,
    /// The objects that this address adds.
    pub(crate) comes: Vec<Object>,
    /// Whether the resource is an onboarding, which people can leave through `released_emails`.
    pub(crate) onboarding: bool,
}

impl Step {
    pub(super) fn adds_something(&self) -> bool {
        !self.comes.is_empty()
    }

    /// Returns the step that adds an object.
    pub(crate) fn adds(object: Option<Object>) -> Self {
        Self { comes: object.into_iter().collect(), ..Self::default() }
    }

    /// Returns the step that keeps an object.
    pub(crate) fn keeps(object: Option<Object>) -> Self {
        Self { stays: object.into_iter().collect(), ..Self::default() }
    }

    /// Returns the step that removes an object.
    pub(crate) fn removes(object: Option<Object>) -> Self {
        Self { leaves: object.into_iter().collect(), ..Self::default() }
    }

    /// Returns the step that removes an object and adds another one instead.
    pub(crate) fn replaces(old: Option<Object>, new: Option<Object>) -> Self {
        Self { comes: new.into_iter().collect(), ..Self::removes(old) }
    }
}

/// The effect of an address on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Leaves,
    Stays,
    Comes,
}

/// A conflict between two addresses. The most severe one is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Conflict {
    /// One address removes or replaces what the other manages.
    Shared,
    /// Objects swap addresses, for example after an element was removed from a list that `count`
    /// uses.
    Shifted,
    /// One address removes it and another adds it.
    Moved,
    /// One address adds what the other manages.
    Taken,
    /// Both addresses add it.
    AddedTwice,
    /// Both addresses manage it, and neither changes that.
    HeldTwice,
    /// Managed users of the same names, which might be intended.
    SameNames,
}

/// The ledger, shared by all clones of one configured provider.
///
/// Each configuration of the provider creates a new one.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    /// Distinguishes marks of this run from those of another.
    run: Arc<str>,
    rules: guards::Rules,
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    entries: Vec<Entry>,
    /// The entries of each object, by each of its keys.
    index: HashMap<Key, Vec<(usize, Relation, Arc<Object>)>>,
    /// The objects of `import` blocks. Terraform plans such an object as one that stays.
    imported: Vec<Object>,
    /// Whether the apply has started in this process.
    applying: bool,
    shift_reported: BTreeSet<Kind>,
    tally: guards::Tally,
}

#[derive(Debug, Default)]
struct Entry {
    objects: Vec<(Relation, Arc<Object>)>,
    onboarding: bool,
}

/// The result of one plan request.
#[derive(Debug)]
pub(super) struct Noted {
    /// The mark for the second request about the same replacement.
    pub(super) mark: String,
    pub(super) found: Diagnostics,
    /// The objects that this request removes and no earlier one removed. Empty in the apply.
    pub(super) leaving: Vec<Arc<Object>>,
}

impl Ledger {
    pub(super) fn new(terraform_version: &str) -> Self {
        Self {
            run: uuid::Uuid::new_v4().simple().to_string().into(),
            rules: guards::Rules::new(terraform_version),
            book: Arc::default(),
        }
    }

    pub(super) fn with_limit(self, offboarding_limit: Option<u32>) -> Self {
        Self { rules: guards::Rules { limit: offboarding_limit, ..self.rules }, ..self }
    }

    /// Records that the apply has started.
    pub(super) fn apply_started(&self) {
        self.book().applying = true;
    }

    /// Records an object that is imported in this run. It counts as added.
    pub(crate) fn imported(&self, object: Object) {
        self.book().imported.push(object);
    }

    /// Reports whether Terraform plans removals with the provider, which it does from v1.3 on.
    pub(crate) fn sees_removals(&self) -> bool {
        self.rules.sees_removals
    }

    /// Reports whether an earlier request of this run keeps or issues another token of the same
    /// user, or removes the user.
    ///
    /// In these cases the loss of this token needs no warning.
    pub(crate) fn replaces_or_removes_owner(&self, token: &Object) -> bool {
        let book = self.book();
        let owner_leaves = token.owner().is_some_and(|owner| {
            book.places(&owner).any(|(_, relation, _)| *relation == Relation::Leaves)
        });
        owner_leaves
            || book.places(&token.by_name()).any(|(_, relation, other)| {
                *relation != Relation::Leaves && (other.id().is_none() || other.id() != token.id())
            })
    }

    /// Records one plan request, compares it with all earlier ones, and returns the messages for
    /// the user.
    ///
    /// `users` completes what is known about people. The list is never requested for that.
    pub(super) fn note(&self, mark: Option<&str>, step: Step, users: Option<&Users>) -> Noted {
        let book = &mut *self.book();
        let first = mark
            .and_then(|mark| mark.strip_prefix(&*self.run)?.strip_prefix(':')?.parse().ok())
            .filter(|at: &usize| *at < book.entries.len());
        let at = first.unwrap_or(book.entries.len());
        book.place(at, step, users);
        let mut found = book.compare(at);
        let mut leaving = Vec::new();
        if !book.applying {
            leaving = book.leaving(at);
            leaving.retain(|it| it.kind != Kind::Person || book.tally.is_new(it));
            if let Some(error) = book.tally.over_limit(&self.rules) {
                found.push(error);
            }
            for (token, seat) in book.tokens_without_seat(at) {
                found.push(advice::token_ends_with_seat(token.label(), seat.label()));
            }
        }
        Noted { mark: format!("{}:{at}", self.run), found, leaving }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // No code that holds this lock can leave the data in an inconsistent state.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Records the effect of a request.
    ///
    /// The second request of a replacement contains the new object. All objects that the first one
    /// recorded at the address, except additions, leave it.
    fn place(&mut self, at: usize, step: Step, users: Option<&Users>) {
        let mut objects = Vec::new();
        if at == self.entries.len() {
            self.entries.push(Entry::default());
        }
        for (relation, object) in self.take(at) {
            if relation != Relation::Comes {
                objects.push((Relation::Leaves, object));
            }
        }
        let sorted = [
            (Relation::Leaves, step.leaves),
            (Relation::Stays, step.stays),
            (Relation::Comes, step.comes),
        ];
        for (relation, mut object) in
            sorted.into_iter().flat_map(|(it, all)| all.into_iter().map(move |one| (it, one)))
        {
            object.complete(users);
            objects.push((relation, Arc::new(object)));
        }
        for (relation, object) in &objects {
            for key in object.keys() {
                let place = (at, *relation, Arc::clone(object));
                // Most keys have one entry.
                self.index.entry(key).or_insert_with(|| Vec::with_capacity(1)).push(place);
            }
        }
        if let Some(entry) = self.entries.get_mut(at) {
            *entry = Entry { objects, onboarding: step.onboarding };
        }
    }

    /// Removes and returns what an earlier request recorded.
    fn take(&mut self, at: usize) -> Vec<(Relation, Arc<Object>)> {
        let Some(entry) = self.entries.get_mut(at) else { return Vec::new() };
        let objects = std::mem::take(&mut entry.objects);
        for key in objects.iter().flat_map(|(_, object)| object.keys()) {
            self.index.entry(key).or_default().retain(|(entry, ..)| *entry != at);
        }
        objects
    }

    /// Returns all entries of an object.
    fn places(&self, object: &Object) -> impl Iterator<Item = &(usize, Relation, Arc<Object>)> {
        let found = object.keys().filter_map(|key| self.index.get(&key)).flatten();
        found.filter(|(_, _, other)| object.is(other))
    }

    /// Compares a request with all earlier ones.
    fn compare(&mut self, at: usize) -> Diagnostics {
        // Keep only the most severe conflict per object and address, so that nothing is reported
        // twice.
        let mut conflicts = BTreeMap::<(usize, &str), (Conflict, &Object)>::new();
        let objects = self.objects(at);
        for (relation, object) in objects {
            for (other, its, _) in self.places(object).filter(|(other, ..)| *other != at) {
                let Some(conflict) = self.conflict((at, *relation), (*other, *its), object) else {
                    continue;
                };
                let worst = conflicts
                    .entry((*other, object.handle()))
                    .or_insert((conflict, object.as_ref()));
                if conflict < worst.0 {
                    *worst = (conflict, object);
                }
            }
        }
        let mut by_conflict = BTreeMap::<_, BTreeSet<_>>::new();
        for ((other, _), (conflict, object)) in conflicts {
            let is_onboarding = |at: usize| self.entries.get(at).is_some_and(|it| it.onboarding);
            let onboarding = is_onboarding(at) || is_onboarding(other);
            let same = by_conflict.entry((conflict, object.kind, onboarding)).or_default();
            same.insert(object.label.clone());
        }
        let mut found = Diagnostics::default();
        for ((conflict, kind, onboarding), labels) in by_conflict {
            // One removed element shifts all elements after it. One message is enough.
            if conflict == Conflict::Shifted && !self.shift_reported.insert(kind) {
                continue;
            }
            let labels = labels.into_iter().collect::<Vec<_>>().join(", ");
            found.push(advice::about(conflict, kind, &labels, onboarding));
        }
        found
    }

    /// Returns the conflict between two addresses that both have an object.
    ///
    /// `one` is the current request.
    fn conflict(
        &self,
        one: (usize, Relation),
        other: (usize, Relation),
        object: &Object,
    ) -> Option<Conflict> {
        use Relation::{Comes, Leaves, Stays};
        let imported = || self.imported.iter().any(|it| it.is(object));
        let conflict = match (one.1, other.1) {
            _ if object.kind == Kind::NewManagedUser => Conflict::SameNames,
            (Leaves, Leaves) => return None,
            (Stays, Stays) if imported() => Conflict::Taken,
            (Stays, Stays) => Conflict::HeldTwice,
            (Leaves, Stays) if imported() => self.handover_conflict(one.0, other.0, object),
            (Stays, Leaves) if imported() => self.handover_conflict(other.0, one.0, object),
            (Leaves, Stays) | (Stays, Leaves) => Conflict::Shared,
            (Comes, Stays) | (Stays, Comes) => Conflict::Taken,
            (Comes, Comes) => Conflict::AddedTwice,
            (Leaves, Comes) => self.handover_conflict(one.0, other.0, object),
            (Comes, Leaves) => self.handover_conflict(other.0, one.0, object),
        };
        // In the apply, only an addition is rejected, and never because of a removal. Such a
        // removal is of a deposed object, or the addition waits for it.
        let refused = !self.applying
            || (one.1 == Comes && matches!(conflict, Conflict::Taken | Conflict::AddedTwice));
        refused.then_some(conflict)
    }

    /// Returns the conflict over an object that leaves one address and is added at another.
    fn handover_conflict(&self, from: usize, to: usize, object: &Object) -> Conflict {
        let has = |at: usize, wanted: Relation| {
            self.objects(at).iter().filter(move |(relation, _)| *relation == wanted)
        };
        // If one of the two addresses replaces the object by itself, both addresses have it.
        let twice = has(from, Relation::Comes).chain(has(to, Relation::Leaves));
        if twice.clone().any(|(_, it)| it.is(object)) {
            Conflict::Shared
        } else if twice.count() > 0 {
            Conflict::Shifted
        } else {
            Conflict::Moved
        }
    }

    /// Returns the tokens that stay although the seat of their user is removed, each with the seat,
    /// if this request completes such a pair.
    ///
    /// Removing or replacing a seat revokes the token of its user.
    fn tokens_without_seat(&self, at: usize) -> Vec<(&Object, &Object)> {
        let mut found = Vec::new();
        for (relation, object) in self.objects(at) {
            let wanted = match (object.kind, relation) {
                (Kind::Seat, Relation::Leaves) => Relation::Stays,
                (Kind::Token, Relation::Stays) => Relation::Leaves,
                _ => continue,
            };
            let others = object.counterpart();
            for (_, its, other) in others.iter().flat_map(|key| self.places(key)) {
                if *its == wanted {
                    let pair: (&Object, &Object) = (object, other);
                    found.push(if object.kind == Kind::Token { pair } else { (pair.1, pair.0) });
                }
            }
        }
        found
    }

    fn objects(&self, at: usize) -> &[(Relation, Arc<Object>)] {
        self.entries.get(at).map(|entry| entry.objects.as_slice()).unwrap_or_default()
    }

    /// Returns the objects that leave with this request.
    fn leaving(&self, at: usize) -> Vec<Arc<Object>> {
        let leaving = self.objects(at).iter().filter(|(it, _)| *it == Relation::Leaves);
        leaving.map(|(_, object)| Arc::clone(object)).collect()
    }
}

#[cfg(test)]
mod tests;
