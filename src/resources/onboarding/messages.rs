//! Messages about people who are not members yet.

use crate::client::Error;
use crate::provider_data::cause;
use crate::tf_provider::prelude::*;

/// Advice for people who did not become members.
const AGAIN: &str =
    "The next plans do not invite them again. To invite them again, change `triggers`.";

pub(super) fn may_still_arrive(emails: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Pending invitations remain",
        format!(
            "These people were invited, are not members, and are no longer managed: {}. Anaconda cannot \
             cancel an invitation. If they become members, remove them on the organization's page, or \
             import them as `anaconda_user` and destroy that resource.",
            emails.join(", ")
        ),
    )
}

/// Returns the warning about email addresses that Anaconda rejected, with the likely reason and the
/// remedy.
pub(super) fn are_unavailable(emails: &[&str], available_seats: Option<i64>) -> Diagnostic {
    let seats = available_seats.map_or("unknown".to_owned(), |seats| seats.to_string());
    Diagnostic::warning(
        "Users unavailable for onboarding",
        format!(
            "Anaconda rejected these email addresses as unavailable: {}. If the person has an Anaconda \
             account, remove the email address from `emails`, and use `anaconda_user`, `anaconda_seat`, \
             and `anaconda_token`. If no seat was available (available seats after the last invitation: \
             {seats}), unassign a seat or buy seats. {AGAIN}",
            emails.join(", ")
        ),
    )
    .at("emails")
}

/// Returns the warning about accepted people who are not members.
///
/// `within` names the waiting time, or is empty.
pub(super) fn have_not_arrived(emails: &[&str], within: &str) -> Diagnostic {
    Diagnostic::warning(
        "Timed out waiting for onboarding",
        format!(
            "Anaconda accepted these email addresses, but the people are not members of the \
             organization{within}: {}. The API returns no reason. Check the spelling, and whether the \
             email address receives email. If the people become members later, the next plan shows it. \
             {AGAIN} If a person has an Anaconda account, use `anaconda_user`.",
            emails.join(", ")
        ),
    )
    .at("emails")
}

pub(super) fn answer_lost(asked: &[String], error: &Error) -> Diagnostic {
    Diagnostic::warning(
        "Invitation outcome unknown",
        format!(
            "The API might have invited these people: {}. The provider checks whether they become members. \
             The next plan invites the others again, which invites no one twice.\n\n{}",
            asked.join(", "),
            cause(error)
        ),
    )
    .at("emails")
}

/// Returns the warning about people who are not members and whose invitation has an unknown
/// outcome.
pub(super) fn are_unknown(emails: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Unconfirmed invitations",
        format!(
            "These people are not members, and the response to their invitation was lost: {}. The next plan \
             invites them again.",
            emails.join(", ")
        ),
    )
    .at("emails")
}

/// Returns the warning about a wait that ended because the run was canceled, and not because of a
/// failure.
pub(super) fn wait_interrupted(emails: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Canceled while waiting for onboarding",
        format!(
            "The run was canceled before these people became members: {}. Their invitations are \
             pending. The next plan or refresh shows who is a member.",
            emails.join(", ")
        ),
    )
    .at("emails")
}

pub(super) fn not_looked_at(problem: &Diagnostic) -> Diagnostic {
    Diagnostic::warning(
        "Unable to check onboarding status",
        format!(
            "The people are invited, but the provider failed to list the members of the organization. The \
             next plan checks again. {}: {}",
            problem.summary, problem.detail
        ),
    )
}

/// Returns the warning about people whose status this deployment cannot show, so that waiting is
/// useless.
pub(super) fn cannot_be_seen(emails: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Onboarding status not available",
        format!(
            "Anaconda accepted these email addresses, and the provider assumes that the people are members: \
             {}. This Anaconda deployment uses the legacy API, which cannot list the users of an \
             organization. See the organization's page. The provider cannot offboard these people, \
             because their IDs are unknown.",
            emails.join(", ")
        ),
    )
    .at("emails")
}
