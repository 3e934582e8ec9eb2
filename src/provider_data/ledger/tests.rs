//! Tests of the rules, for each pair of steps in both orders.

#![expect(clippy::unnecessary_wraps, reason = "steps take what may be unknown")]

use super::*;
use crate::client::{ClientId, TokenId, UserId};

const ADA: &str = "00000000-0000-4000-8000-00000000000a";
const BOB: &str = "00000000-0000-4000-8000-00000000000b";

fn id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

/// Returns an existing member.
fn member(user: &str, email: &str) -> Option<Object> {
    Some(Object::person(Some(&id(user)), Some(email)))
}

/// Returns a person to add.
fn new(email: &str) -> Option<Object> {
    Some(Object::person(None, Some(email)))
}

fn ada() -> Option<Object> {
    member(ADA, "ada@example.com")
}

fn bob() -> Option<Object> {
    member(BOB, "bob@example.com")
}

/// Returns a step with Ada, by name.
fn step(name: &str) -> Step {
    match name {
        "adds" => Step::adds(new("ADA@example.com")),
        "keeps" => Step::keeps(ada()),
        "removes" => Step::removes(ada()),
        "becomes bob" => Step::replaces(ada(), new("bob@example.com")),
        "becomes ada" => Step::replaces(bob(), new("ada@example.com")),
        "becomes unknown" => Step::replaces(ada(), None),
        "is replaced" => Step::replaces(ada(), new("ada@example.com")),
        "bob" => Step::keeps(bob()),
        "nothing known" => Step::adds(None),
        other => panic!("{other}"),
    }
}

fn ledger() -> Ledger {
    Ledger::new("1.15.5")
}

/// Returns the summaries of the messages for the second of two requests.
fn summaries(ledger: &Ledger, one: Step, other: Step) -> Vec<String> {
    let first = ledger.note(None, one, None).found;
    assert!(first.is_empty(), "a call alone is fine: {first:?}");
    let second = ledger.note(None, other, None).found;
    second.iter().map(|it| it.summary.clone()).collect()
}

const SHARED: &str = "Object is still managed at another address";
const MOVED: &str = "Object has a new address";
const SHIFTED: &str = "Objects would swap addresses";
const TAKEN: &str = "Object is already managed at another address";
const TWICE: &str = "Object is added twice";
const DOUBLE: &str = "Object is managed at two addresses";

#[test]
fn each_conflict_is_found_in_both_orders() {
    let table = [
        ("adds", "adds", Some(TWICE)),
        ("adds", "keeps", Some(TAKEN)),
        ("adds", "removes", Some(MOVED)),
        ("adds", "becomes bob", Some(SHIFTED)),
        ("adds", "becomes ada", Some(TWICE)),
        ("adds", "becomes unknown", Some(MOVED)),
        ("adds", "is replaced", Some(SHARED)),
        ("adds", "bob", None),
        ("adds", "nothing known", None),
        ("keeps", "keeps", Some(DOUBLE)),
        ("keeps", "removes", Some(SHARED)),
        ("keeps", "becomes bob", Some(SHARED)),
        ("keeps", "becomes ada", Some(TAKEN)),
        ("keeps", "becomes unknown", Some(SHARED)),
        ("keeps", "is replaced", Some(SHARED)),
        ("removes", "removes", None),
        ("removes", "becomes bob", None),
        ("removes", "becomes ada", Some(SHIFTED)),
        ("removes", "becomes unknown", None),
        ("removes", "is replaced", Some(SHARED)),
        ("becomes bob", "becomes ada", Some(SHIFTED)),
        ("becomes unknown", "becomes unknown", None),
        ("is replaced", "is replaced", Some(SHARED)),
        ("is replaced", "bob", None),
        ("removes", "bob", None),
    ];
    for (one, other, expected) in table {
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(summaries(&ledger(), step(one), step(other)), expected, "{one}, {other}");
        assert_eq!(summaries(&ledger(), step(other), step(one)), expected, "{other}, {one}");
    }
}

#[test]
fn replacement_counts_as_one_address() {
    for first in ["is replaced", "keeps", "becomes unknown"] {
        let ledger = ledger();
        let mark = ledger.note(None, step(first), None).mark;
        let second = ledger.note(Some(&mark), step("adds"), None);
        assert!(second.found.is_empty(), "{first}: {:?}", second.found);
        // Without the mark, or with a mark of another run, it is another address.
        assert!(!ledger.note(None, step("adds"), None).found.is_empty());
        assert!(!ledger.note(Some("other:0"), step("adds"), None).found.is_empty());
    }
}

#[test]
fn replace_option_counts_as_one_address() {
    // The first request looks like no change, so only the double management can be reported.
    let one = ledger();
    let mark = one.note(None, step("keeps"), None).mark;
    assert_eq!(next_summaries(&one, None, "keeps"), [DOUBLE]);
    assert_eq!(next_summaries(&one, Some(&mark), "adds"), [SHARED]);
    let other = ledger();
    let mark = other.note(None, step("keeps"), None).mark;
    other.note(Some(&mark), step("adds"), None);
    assert_eq!(next_summaries(&other, None, "keeps"), [SHARED]);
}

fn next_summaries(ledger: &Ledger, mark: Option<&str>, name: &str) -> Vec<String> {
    ledger.note(mark, step(name), None).found.iter().map(|it| it.summary.clone()).collect()
}

#[test]
fn apply_rejects_only_second_add() {
    let table = [
        ("adds", "adds", Some(TWICE)),
        ("keeps", "adds", Some(TAKEN)),
        ("adds", "keeps", None),
        ("adds", "removes", None),
        ("removes", "adds", None),
        ("keeps", "removes", None),
        ("removes", "keeps", None),
        ("keeps", "keeps", None),
    ];
    for (one, other, expected) in table {
        let ledger = ledger();
        ledger.apply_started();
        let expected: Vec<_> = expected.into_iter().collect();
        assert_eq!(summaries(&ledger, step(one), step(other)), expected, "{one}, {other}");
    }
}

#[test]
fn import_counts_as_add_of_object() {
    for (other, expected) in [("keeps", TAKEN), ("adds", TAKEN), ("removes", MOVED)] {
        for import_first in [true, false] {
            let ledger = ledger();
            ledger.imported(ada().unwrap());
            let (one, two) = if import_first {
                (step("keeps"), step(other))
            } else {
                (step(other), step("keeps"))
            };
            assert_eq!(summaries(&ledger, one, two), [expected], "{other}, {import_first}");
        }
    }
}

#[test]
fn shifted_list_is_reported_once() {
    let ledger = ledger();
    let people: Vec<_> =
        (0..5).map(|n| (format!("00000000-0000-4000-8000-00000000000{n}"), n)).collect();
    let email = |n: usize| format!("user-{n}@example.com");
    let mut errors = 0;
    for (user, n) in &people {
        let old = member(user, &email(*n));
        let step = match people.get(n + 1) {
            Some(_) => Step::replaces(old, new(&email(n + 1))),
            None => Step::removes(old),
        };
        errors += ledger.note(None, step, None).found.iter().count();
    }
    assert_eq!(errors, 1);
}

#[test]
fn objects_of_different_kinds_never_conflict() {
    let token = |user: &str, id: Option<&str>| {
        let id = id.map(|id| TokenId::parse(id).unwrap());
        Some(Object::token(&UserId::parse(user).unwrap(), id.as_ref()))
    };
    let account = |id: Option<&str>, name: &str| {
        let id = id.map(|id| ClientId::parse(id).unwrap());
        Some(Object::service_account(id.as_ref(), Some(name)))
    };
    // Two tokens of one user, which some deployments allow, are two objects. A new token revokes
    // the other.
    let two = [token(ADA, Some(ADA)), token(ADA, Some(BOB))].map(Step::keeps);
    let [one, other] = two;
    assert!(summaries(&ledger(), one, other).is_empty());
    let keeps = Step::keeps(token(ADA, Some(ADA)));
    assert_eq!(summaries(&ledger(), keeps, Step::adds(token(ADA, None))), [TAKEN]);
    let removes = Step::removes(token(ADA, Some(ADA)));
    assert_eq!(summaries(&ledger(), removes, Step::adds(token(ADA, None))), [MOVED]);
    // The same holds for two accounts of one name.
    let [one, other] = [account(Some("a"), "ci"), account(Some("b"), "ci")].map(Step::keeps);
    assert!(summaries(&ledger(), one, other).is_empty());
    let removes = Step::removes(account(Some("a"), "ci"));
    assert_eq!(summaries(&ledger(), removes, Step::adds(account(None, "ci"))), [MOVED]);
    // A seat and a person are different objects.
    let seat = Step::keeps(Some(Object::seat(&id(ADA))));
    assert!(summaries(&ledger(), seat, Step::removes(ada())).is_empty());
}

#[test]
fn managed_users_with_same_name_only_warn() {
    let jupyter = || Step::adds(Some(Object::new_managed_user(Some("Jupyter"), None)));
    let ledger = ledger();
    ledger.note(None, jupyter(), None);
    let noted = ledger.note(None, jupyter(), None);
    assert!(!noted.found.is_empty() && !noted.found.has_errors(), "{noted:?}");
}

#[test]
fn offboarding_limit_counts_each_user_once() {
    let ledger = ledger().with_limit(Some(1));
    let count = |step: Step| ledger.note(None, step, None).found.iter().count();
    assert_eq!(count(Step::removes(Some(Object::managed_user(&id(BOB))))), 0);
    assert_eq!(count(step("removes")), 0);
    assert_eq!(count(step("removes")), 0);
    let third = "00000000-0000-4000-8000-00000000000c";
    assert_eq!(count(Step::removes(member(third, "cyd@example.com"))), 1);
    let fourth = "00000000-0000-4000-8000-00000000000d";
    assert_eq!(count(Step::removes(member(fourth, "dan@example.com"))), 0);
}

#[test]
fn object_removed_by_apply_can_be_added_again() {
    let ledger = ledger();
    ledger.apply_started();
    ledger.note(None, step("adds"), None);
    ledger.before_removal(&ada().unwrap()).unwrap();
    assert!(ledger.note(None, step("adds"), None).found.is_empty());
    assert!(!ledger.note(None, step("adds"), None).found.is_empty());
}

#[test]
fn before_1_3_offboarding_limit_applies_during_apply() {
    let person =
        |n: u32| member(&format!("00000000-0000-4000-8000-00000000000{n}"), "a@b.co").unwrap();
    for (version, refuses) in [("1.0.11", true), ("1.2.9", true), ("1.3.0", false), ("", false)] {
        let ledger = Ledger::new(version).with_limit(Some(2));
        for n in [1, 1, 2] {
            assert!(ledger.before_removal(&person(n)).is_ok(), "{version}");
        }
        for _ in 0..2 {
            assert_eq!(ledger.before_removal(&person(3)).is_err(), refuses, "{version}");
        }
    }
}

#[test]
fn token_without_seat_warns_in_both_orders() {
    let token = "00000000-0000-4000-8000-0000000000f1";
    let token = |user: &str| Some(Object::token(&id(user), TokenId::parse(token).ok().as_ref()));
    let seat = |user: &str| Some(Object::seat(&id(user)));
    let both = |one: Step, other: Step| summaries(&ledger(), one, other);
    let warning = ["Token will be revoked with its seat"];
    assert_eq!(both(Step::keeps(token(ADA)), Step::removes(seat(ADA))), warning);
    assert_eq!(both(Step::removes(seat(ADA)), Step::keeps(token(ADA))), warning);
    assert_eq!(both(Step::replaces(seat(ADA), seat(ADA)), Step::keeps(token(ADA))), warning);
    let nothing: [&str; 0] = [];
    assert_eq!(both(Step::removes(seat(ADA)), Step::removes(token(ADA))), nothing);
    assert_eq!(both(Step::removes(seat(ADA)), Step::replaces(token(ADA), token(ADA))), nothing);
    assert_eq!(both(Step::removes(seat(BOB)), Step::keeps(token(ADA))), nothing);
    assert_eq!(both(Step::keeps(seat(ADA)), Step::keeps(token(ADA))), nothing);
    let applying = ledger();
    applying.apply_started();
    assert_eq!(summaries(&applying, Step::removes(seat(ADA)), Step::keeps(token(ADA))), nothing);
}
