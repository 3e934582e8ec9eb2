//! `anaconda_onboard_users`: invites people once, without managing them.

use crate::client::Error;
use crate::provider_data::{ProviderData, cause};
use crate::resources::check_emails;
use crate::tf_provider::prelude::*;

/// The arguments: the people to invite.
#[derive(Clone, Debug, Deserialize)]
pub struct OnboardUsers {
    emails: Vec<String>,
}

impl Action for OnboardUsers {
    const NAME: &'static str = "anaconda_onboard_users";
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Invites people who have no Anaconda account. Each person gets an account, a seat, a token, and \
             two emails. The action does not wait for the people to become members. To wait for them and \
             manage them, use `anaconda_onboarding`.",
        )
        .attributes([required(
            "emails",
            Type::set(Type::String),
            "Email addresses to invite (case-insensitive).",
        )])
    }

    fn validate(config: &Value) -> Diagnostics {
        check_emails(config, "emails")
    }

    async fn invoke(
        cx: &mut Context<ProviderData>,
        config: Self,
        progress: &Progress,
    ) -> Result<()> {
        if config.emails.is_empty() {
            progress.tell("No email addresses. No changes.");
            return Ok(());
        }
        progress.tell(format!("Inviting {} people.", config.emails.len()));
        let answer = match cx.client()?.org.onboard(&config.emails).await {
            Err(error) if error.outcome_unknown() => {
                return Err(answer_lost(&config.emails, &error).into());
            }
            answer => answer?,
        };
        for email in &answer.in_process {
            progress.tell(format!("{email}: onboarding in progress."));
        }
        for email in &answer.unavailable {
            progress.tell(format!("{email}: unavailable."));
        }
        if !answer.unavailable.is_empty() {
            cx.warn(Diagnostic::warning(
                "Users unavailable for onboarding",
                format!(
                    "Anaconda did not invite these email addresses: {}. Either the person has an Anaconda \
                     account, or no seat is available. For existing accounts, use `anaconda_user`. \
                     Otherwise, unassign a seat or buy seats, and invoke the action again.",
                    answer.unavailable.join(", ")
                ),
            ));
        }
        Ok(())
    }
}

/// Returns the error for a lost response.
///
/// The provider does not retry, because no list shows who is invited before they become members.
fn answer_lost(emails: &[String], error: &Error) -> Diagnostic {
    Diagnostic::error(
        "Invitation outcome unknown",
        format!(
            "The API might have invited these people: {}. Invoke the action again. This invites no one \
             twice: the API then reports a person who is already invited as unavailable.\n\n{}",
            emails.join(", "),
            cause(error)
        ),
    )
}
