//! What the user is told about people who are not members, or not yet.

use crate::client::Error;
use crate::tf_provider::prelude::*;

/// What helps those who are missing.
const AGAIN: &str =
    "The next plans do not invite them again. To invite them again, change `triggers`.";

pub(super) fn may_still_arrive(emails: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "People may still arrive",
        format!(
            "These people were invited, have not arrived, and are removed here: {}. An invitation \
             cannot be called off. If they appear in the organization, remove them there, or import \
             them as `anaconda_user` and destroy that.",
            emails.join(", ")
        ),
    )
}

/// Whom Anaconda rejected, with what may be the reason and what helps.
pub(super) fn are_unavailable(emails: &[&str], available_seats: Option<i64>) -> Diagnostic {
    let seats = available_seats.map_or("unknown".to_owned(), |seats| seats.to_string());
    Diagnostic::warning(
        "Some people could not be onboarded",
        format!(
            "Anaconda rejected these email addresses as unavailable: {}. Either the person has an \
             Anaconda account: remove the address from `emails`, and use `anaconda_user`, \
             `anaconda_seat`, and `anaconda_token`. Or no seat was available (available seats after the \
             last invitation: {seats}): make one available. {AGAIN}",
            emails.join(", ")
        ),
    )
    .at("emails")
}

/// Who was accepted and is no member; `within` says since when, or nothing.
pub(super) fn have_not_arrived(emails: &[&str], within: &str) -> Diagnostic {
    Diagnostic::warning(
        "Some people have not arrived",
        format!(
            "Anaconda accepted these email addresses, and the people are not members of the \
             organization{within}: {}. The API gives no reason. Check the spelling, and whether the \
             address receives mail. If they arrive later, the next plan shows it. {AGAIN} If a person \
             has an Anaconda account, use `anaconda_user`.",
            emails.join(", ")
        ),
    )
    .at("emails")
}

pub(super) fn answer_lost(asked: &[String], error: &Error) -> Diagnostic {
    Diagnostic::warning(
        "The answer to an invitation was lost",
        format!(
            "These people may be invited, or not: {}. The reason: {error}.\n\nTerraform looks \
             whether they arrive. The next plan proposes whoever did not; to invite them again does no \
             harm.",
            asked.join(", ")
        ),
    )
    .at("emails")
}

/// About those who did not come and may not have been invited.
pub(super) fn are_unknown(emails: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Whether some people are invited is not known",
        format!(
            "These people have not arrived, and the answer to their invitation was lost: {}. The next \
             plan proposes them again.",
            emails.join(", ")
        ),
    )
    .at("emails")
}

/// Waiting ended because the run was canceled, and not because anything went wrong.
pub(super) fn wait_interrupted(emails: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Waiting for people was interrupted",
        format!(
            "The run was canceled before these people became members: {}. Anaconda has their \
             invitations. The next plan or refresh shows who has arrived.",
            emails.join(", ")
        ),
    )
    .at("emails")
}

pub(super) fn not_looked_at(problem: &Diagnostic) -> Diagnostic {
    Diagnostic::warning(
        "Whether the people have arrived is not known",
        format!(
            "The people are invited, and looking for them in the organization failed. The next plan \
             looks again. {}: {}",
            problem.summary, problem.detail
        ),
    )
}

/// About those for whom waiting is no use.
pub(super) fn cannot_be_seen(emails: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Nobody can see who arrives",
        format!(
            "Anaconda accepted these addresses, and Terraform takes them to be there from now on: {}. \
             This deployment cannot list the users of an organization, so look at its page. Terraform \
             cannot offboard them either, as it does not know their ids.",
            emails.join(", ")
        ),
    )
    .at("emails")
}
