//! Messages about an object that two resource addresses manage, add, or remove.

use super::{Conflict, Kind};
use crate::tf_provider::diagnostics::Diagnostic;

/// Advice for `terraform destroy`, which makes an ordinary plan before its own.
pub(crate) const DESTROY: &str = "`terraform destroy` makes this plan first. To destroy everything, run \
     `terraform destroy -refresh=false`.";

/// Returns the message about a conflict over objects of one kind.
pub(super) fn about(conflict: Conflict, kind: Kind, objects: &str, onboarding: bool) -> Diagnostic {
    let words = words(kind);
    match conflict {
        Conflict::Shared => shared(&words, objects, onboarding),
        Conflict::Moved | Conflict::Shifted if onboarding => released(&words, objects),
        Conflict::Shifted => shifted(&words, objects),
        Conflict::Moved => moved(&words, objects),
        Conflict::Taken => taken(&words, objects, onboarding),
        Conflict::AddedTwice => added_twice(&words, objects),
        Conflict::HeldTwice => held_twice(&words, objects, onboarding),
        Conflict::SameNames => same_names(objects),
    }
}

/// Returns the warning about a token that stays in the plan while the seat of its user is removed.
pub(super) fn token_ends_with_seat(token: &str, seat: &str) -> Diagnostic {
    Diagnostic::warning(
        "Token will be revoked with its seat",
        format!(
            "This plan removes or replaces {seat}. Anaconda then revokes {token}, which this plan keeps. \
             The next plan issues another token, if `recreate_if_invalid` is `true` and the user can have \
             one. To keep the token, keep the seat. To remove both, also remove the `anaconda_token`."
        ),
    )
}

/// The wording for each kind of object.
struct Words {
    resource: &'static str,
    /// The effect of a removal.
    removal: &'static str,
    /// The effect of a removal followed by a new creation.
    renewal: &'static str,
    /// The effect of two additions.
    twice: &'static str,
    /// The argument that distinguishes two objects.
    key: &'static str,
}

fn words(kind: Kind) -> Words {
    match kind {
        Kind::Person | Kind::NewManagedUser => Words {
            resource: "anaconda_user",
            removal: "The person would lose the membership, the seat, and all tokens, although the \
                      other address still manages this user.",
            renewal: "The person would be offboarded: the tokens are revoked, the seat is unassigned, \
                      and the user is removed. If the user is added again, it has another ID.",
            twice: "A person is a member once, so one of the two would fail, or adopt the other's user.",
            key: "email address",
        },
        Kind::Seat => Words {
            resource: "anaconda_seat",
            removal: "The user would lose the seat, and with it the access to packages, although the \
                      other address still manages this seat.",
            renewal: "The seat would be unassigned and assigned again, in any order. The user might be \
                      left without a seat and without a working token.",
            twice: "A user has one seat, so both would manage the same seat.",
            key: "user",
        },
        Kind::Token => Words {
            resource: "anaconda_token",
            removal: "The token would be revoked, although the other address still manages it. Programs \
                      that use it would lose access.",
            renewal: "The token would be revoked, and another one issued with another value, in any \
                      order. Programs that use it would lose access.",
            twice: "A user has one active token, so each would revoke the other's token.",
            key: "user",
        },
        Kind::ServiceAccount => Words {
            resource: "anaconda_service_account",
            removal: "The account would be deleted, although the other address still manages it. \
                      Programs that authenticate with it would lose access.",
            renewal: "The account would be deleted, and another one created with another client ID and \
                      secret, in any order. Programs that authenticate with it would lose access.",
            twice: "The second of the two would fail, or there would be two accounts of this name.",
            key: "name",
        },
    }
}

fn shared(words: &Words, objects: &str, onboarding: bool) -> Diagnostic {
    let Words { resource, removal, .. } = words;
    let other = if onboarding {
        "If an `anaconda_onboarding` removes it, list the email address in its `released_emails`: the \
         person leaves the onboarding and stays a member.\n\n"
    } else {
        ""
    };
    Diagnostic::error(
        "Object is still managed at another address",
        format!(
            "This plan removes or replaces {objects} at one address, while another address manages or \
             adds it. {removal}\n\n\
             {other}Keep one address, and remove the other from the state without removing the object. In \
             Terraform v1.7 and later, replace its `resource` block by this block; otherwise, run \
             `terraform state rm <ADDRESS>`:\n\n\
             removed {{\n  from = {resource}.<NAME>\n  lifecycle {{\n    destroy = false\n  }}\n}}\n\n\
             If the plan calls the removed object deposed, it is a leftover of `create_before_destroy`: \
             run `terraform state rm <ADDRESS>`, and import the object again. {DESTROY}"
        ),
    )
}

fn shifted(words: &Words, objects: &str) -> Diagnostic {
    let Words { resource, renewal, key, .. } = words;
    Diagnostic::error(
        "Objects would swap addresses",
        format!(
            "{objects} leaves one address of this plan, and another address that had another object \
             adds it. {renewal} Other objects might be affected in the same way.\n\n\
             This happens if an element is removed from the middle of a list that `count` uses: each \
             later element gets the index before. Use `for_each` with the {key} as the key instead of \
             `count`, and tell Terraform the new address of each object (Terraform v1.1 and later):\n\n\
             moved {{\n  from = {resource}.<NAME>[<INDEX>]\n  to   = {resource}.<NAME>[\"<KEY>\"]\n}}\n\n\
             To exchange two objects, use `terraform state mv`. {DESTROY}"
        ),
    )
}

fn moved(words: &Words, objects: &str) -> Diagnostic {
    let Words { renewal, .. } = words;
    Diagnostic::error(
        "Object has a new address",
        format!(
            "This plan removes {objects} at one address, and adds it at another. {renewal}\n\n\
             If you renamed a block, a module, or a key of `for_each`, tell Terraform with this block \
             (Terraform v1.1 and later), or run `terraform state mv <OLD_ADDRESS> <NEW_ADDRESS>`:\n\n\
             moved {{\n  from = <OLD_ADDRESS>\n  to   = <NEW_ADDRESS>\n}}\n\n\
             If you want a new object, remove the old one in one run, and add the new one in the next. \
             If the plan calls the removed object deposed, run `terraform state rm <ADDRESS>`, and \
             import the object. {DESTROY}"
        ),
    )
}

/// Returns the message like [`moved`] if an onboarding is one of the addresses, because a `moved`
/// block does not work there.
fn released(words: &Words, objects: &str) -> Diagnostic {
    let Words { renewal, .. } = words;
    Diagnostic::error(
        "Person has a new address",
        format!(
            "This plan removes {objects} at one address, and adds or imports the same person at another. \
             {renewal}\n\n\
             If the person leaves an `anaconda_onboarding`, list the email address in its \
             `released_emails`, and import the user at the new address. If the person leaves an \
             `anaconda_user`, remove that resource from the state without removing the user: with a \
             `removed` block with `destroy = false` (Terraform v1.7 and later), or with `terraform \
             state rm <ADDRESS>`. {DESTROY}"
        ),
    )
}

fn taken(words: &Words, objects: &str, onboarding: bool) -> Diagnostic {
    let Words { resource, twice, .. } = words;
    let onboarding = if onboarding {
        " If an `anaconda_onboarding` manages the person, move the email address from its `emails` to \
         its `released_emails`."
    } else {
        ""
    };
    Diagnostic::error(
        "Object is already managed at another address",
        format!(
            "This plan adds or imports {objects} at one address, and another address of the same state \
             manages it. {twice}\n\n\
             Keep one of the two blocks, and refer to it where the other was used. If the object should \
             have the new address, move it with `terraform state mv {resource}.<NAME> <NEW_ADDRESS>`, or \
             with a `moved` block in Terraform v1.1 and later.{onboarding} {DESTROY}"
        ),
    )
}

fn added_twice(words: &Words, objects: &str) -> Diagnostic {
    let Words { twice, key, .. } = words;
    Diagnostic::error(
        "Object is added twice",
        format!(
            "Two addresses of this plan add or import {objects}. {twice}\n\n\
             Keep one of the two blocks. If they come from a list or a file, make each {key} occur once, \
             regardless of case: `for_each = toset([for it in <LIST> : lower(it)])`. {DESTROY}"
        ),
    )
}

fn held_twice(words: &Words, objects: &str, onboarding: bool) -> Diagnostic {
    let Words { resource, .. } = words;
    let onboarding = if onboarding {
        " If one of them is an `anaconda_onboarding`, move the email address from its `emails` to its \
         `released_emails` instead."
    } else {
        ""
    };
    Diagnostic::warning(
        "Object is managed at two addresses",
        format!(
            "Two addresses of this state manage {objects}. If one of them is removed or replaced, the \
             object is gone for the other, too.\n\n\
             Keep one address, and remove the other from the state without removing the object: run \
             `terraform state rm <ADDRESS>`, or use a `removed` block with `destroy = false` and `from = \
             {resource}.<NAME>` in Terraform v1.7 and later.{onboarding}"
        ),
    )
}

fn same_names(objects: &str) -> Diagnostic {
    Diagnostic::warning(
        "Managed users of the same name are added",
        format!(
            "This plan adds several users with the same name: {objects}. Managed users have no email \
             address, so only their IDs tell them apart. If you want one of them, keep one block."
        ),
    )
}
