//! [`Ledger`]: what one plan does with each object, over all addresses.
//!
//! Terraform plans each resource as if it were alone, and never names the address. One process sees
//! all of them. So an object that two addresses manage, or that one address removes while another
//! adds it, is noticed here, before anybody loses access.
//!
//! What the protocol lets us know, and what follows:
//!
//! - Calls come one by one, in any order, and the last one is not marked. So a pair of addresses is
//!   judged by the call that comes second, and no rule rests on what a plan does *not* contain.
//! - A replacement is planned with two calls. A mark in the private data pairs them. The first call
//!   of a replacement that the user asks for (`-replace`) looks like no change at all.
//!   Terraform drops the warnings of a second call, so what must be told there is an error.
//! - A tainted object is planned as a new one, and cannot be told from one.
//! - The apply phase plans changes again, in a new process, but no plain removals. Whatever was
//!   unknown is known then. Once the process was told to apply something, only what it would add is
//!   refused: the removal of a deposed object follows the creation of its successor.
//! - Terraform before 1.3 plans no removals at all.

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

/// What one plan call does with objects. Each address has one.
///
/// A resource fills it in at the end of its `plan` and in its `plan_delete`, and hands it to
/// [`Anaconda::note_plan`](super::Anaconda::note_plan):
///
/// - a new object is in `comes`, if anything names it: what is unknown is left out;
/// - one that stays, unchanged or updated in place, is in `stays`;
/// - a removal has the object in `leaves`;
/// - a replacement has the prior object in `leaves`, and the new one in `comes` if it is known;
/// - a resource of many people, such as an onboarding, sorts each of them into one of the three.
///   Somebody who leaves it and stays a member (`released_emails`) is in none.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// What this address no longer manages, and what therefore is removed.
    pub(crate) leaves: Vec<Object>,
    /// What this address manages before and after.
    pub(crate) stays: Vec<Object>,
    /// What this address adds.
    pub(crate) comes: Vec<Object>,
    /// Whether the resource is an onboarding, which has a way out of its own.
    pub(crate) onboarding: bool,
}

impl Step {
    pub(super) fn adds_something(&self) -> bool {
        !self.comes.is_empty()
    }

    /// A new object.
    pub(crate) fn adds(object: Option<Object>) -> Self {
        Self { comes: object.into_iter().collect(), ..Self::default() }
    }

    /// An object that stays.
    pub(crate) fn keeps(object: Option<Object>) -> Self {
        Self { stays: object.into_iter().collect(), ..Self::default() }
    }

    /// An object that is removed.
    pub(crate) fn removes(object: Option<Object>) -> Self {
        Self { leaves: object.into_iter().collect(), ..Self::default() }
    }

    /// An object that is removed, and another that takes its place.
    pub(crate) fn replaces(old: Option<Object>, new: Option<Object>) -> Self {
        Self { comes: new.into_iter().collect(), ..Self::removes(old) }
    }
}

/// What an address does with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Leaves,
    Stays,
    Comes,
}

/// Two addresses that cannot both have their way; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Conflict {
    /// One removes or replaces what the other manages.
    Shared,
    /// Objects change places, as after a removed element of a list that `count` runs over.
    Shifted,
    /// One address lost it and another got it.
    Moved,
    /// One adds what the other manages.
    Taken,
    /// Both add it.
    AddedTwice,
    /// Both manage it, and neither changes that.
    HeldTwice,
    /// Managed users of the same names, which may be meant.
    SameNames,
}

/// Shared by all clones of one configured provider. Each Configure starts a new one.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    /// Tells marks of this run from those of another.
    run: Arc<str>,
    rules: guards::Rules,
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    entries: Vec<Entry>,
    /// Where objects are, by each of their keys.
    index: HashMap<Key, Vec<(usize, Relation, Arc<Object>)>>,
    /// What `import` blocks brought in: such an object is planned as one that stays.
    imported: Vec<Object>,
    /// Whether this process was told to apply something.
    applying: bool,
    shift_told: BTreeSet<Kind>,
    tally: guards::Tally,
}

#[derive(Debug, Default)]
struct Entry {
    objects: Vec<(Relation, Arc<Object>)>,
    onboarding: bool,
}

/// What the ledger has to say about one call.
#[derive(Debug)]
pub(super) struct Noted {
    /// For the second call about the same replacement.
    pub(super) mark: String,
    pub(super) found: Diagnostics,
    /// What this call removes and no call before did; nothing in the apply phase.
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

    /// Notes that changes are carried out from now on.
    pub(super) fn apply_started(&self) {
        self.book().applying = true;
    }

    /// Notes an object that is imported in this run: it counts as added.
    pub(crate) fn imported(&self, object: Object) {
        self.book().imported.push(object);
    }

    /// Whether Terraform tells in a plan what it is going to remove: from 1.3 on.
    pub(crate) fn sees_removals(&self) -> bool {
        self.rules.sees_removals
    }

    /// Whether an earlier call of this run keeps or issues another token of the same user, or
    /// removes the user, so that nobody is left without a token by surprise.
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

    /// Notes one call, judges it against all calls before, and answers what to tell the user.
    /// `users` completes what is known of people; the listing is never fetched for that.
    pub(super) fn note(&self, mark: Option<&str>, step: Step, users: Option<&Users>) -> Noted {
        let book = &mut *self.book();
        let first = mark
            .and_then(|mark| mark.strip_prefix(&*self.run)?.strip_prefix(':')?.parse().ok())
            .filter(|at: &usize| *at < book.entries.len());
        let at = first.unwrap_or(book.entries.len());
        book.place(at, step, users);
        let mut found = book.judge(at);
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
        // Nothing that holds this lock can leave it half changed.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Enters what a call does. The second call of a replacement says what is new; everything that
    /// the first call found at the address leaves it.
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
                self.index.entry(key).or_default().push(place);
            }
        }
        if let Some(entry) = self.entries.get_mut(at) {
            *entry = Entry { objects, onboarding: step.onboarding };
        }
    }

    /// Takes out what an earlier call entered.
    fn take(&mut self, at: usize) -> Vec<(Relation, Arc<Object>)> {
        let Some(entry) = self.entries.get_mut(at) else { return Vec::new() };
        let objects = std::mem::take(&mut entry.objects);
        for key in objects.iter().flat_map(|(_, object)| object.keys()) {
            self.index.entry(key).or_default().retain(|(entry, ..)| *entry != at);
        }
        objects
    }

    /// All places of an object.
    fn places(&self, object: &Object) -> impl Iterator<Item = &(usize, Relation, Arc<Object>)> {
        let found = object.keys().filter_map(|key| self.index.get(&key)).flatten();
        found.filter(|(_, _, other)| object.is(other))
    }

    /// Compares a call with all calls before.
    fn judge(&mut self, at: usize) -> Diagnostics {
        // The worst for each object of another address, so that nothing is told twice.
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
        let mut told = BTreeMap::<_, BTreeSet<_>>::new();
        for ((other, _), (conflict, object)) in conflicts {
            let is_onboarding = |at: usize| self.entries.get(at).is_some_and(|it| it.onboarding);
            let onboarding = is_onboarding(at) || is_onboarding(other);
            let same = told.entry((conflict, object.kind, onboarding)).or_default();
            same.insert(object.label.clone());
        }
        let mut found = Diagnostics::default();
        for ((conflict, kind, onboarding), labels) in told {
            // One removed element shifts all that follow: the first of them tells enough.
            if conflict == Conflict::Shifted && !self.shift_told.insert(kind) {
                continue;
            }
            let labels = labels.into_iter().collect::<Vec<_>>().join(", ");
            found.push(advice::about(conflict, kind, &labels, onboarding));
        }
        found
    }

    /// What stands between two addresses that both know an object; `one` is the call that came now.
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
            (Leaves, Stays) if imported() => self.passed_on(one.0, other.0, object),
            (Stays, Leaves) if imported() => self.passed_on(other.0, one.0, object),
            (Leaves, Stays) | (Stays, Leaves) => Conflict::Shared,
            (Comes, Stays) | (Stays, Comes) => Conflict::Taken,
            (Comes, Comes) => Conflict::AddedTwice,
            (Leaves, Comes) => self.passed_on(one.0, other.0, object),
            (Comes, Leaves) => self.passed_on(other.0, one.0, object),
        };
        // In the apply phase only an addition is refused, and none because of a removal: that one is
        // a deposed object, or the addition waits for it.
        let refused = !self.applying
            || (one.1 == Comes && matches!(conflict, Conflict::Taken | Conflict::AddedTwice));
        refused.then_some(conflict)
    }

    /// An object leaves one address and is added at another.
    fn passed_on(&self, from: usize, to: usize, object: &Object) -> Conflict {
        let has = |at: usize, wanted: Relation| {
            self.objects(at).iter().filter(move |(relation, _)| *relation == wanted)
        };
        // Replaced by itself at one of the two, so that both addresses have it.
        let twice = has(from, Relation::Comes).chain(has(to, Relation::Leaves));
        if twice.clone().any(|(_, it)| it.is(object)) {
            Conflict::Shared
        } else if twice.count() > 0 {
            Conflict::Shifted
        } else {
            Conflict::Moved
        }
    }

    /// Tokens that stay though the seat of their user goes, each with the seat, if this call completes
    /// such a pair. Removing or replacing a seat ends the token of its user.
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

    /// What leaves with this call.
    fn leaving(&self, at: usize) -> Vec<Arc<Object>> {
        let leaving = self.objects(at).iter().filter(|(it, _)| *it == Relation::Leaves);
        leaving.map(|(_, object)| Arc::clone(object)).collect()
    }
}

#[cfg(test)]
mod tests;
