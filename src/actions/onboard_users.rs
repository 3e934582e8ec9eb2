//! `anaconda_onboard_users`: invites people once, without managing them.

use crate::anaconda::Anaconda;
use crate::client::Error;
use crate::resources::check_emails;
use crate::tf_provider::prelude::*;

/// Whom to invite.
#[derive(Clone, Debug, Deserialize)]
pub struct OnboardUsers {
    emails: Vec<String>,
}

impl Action for OnboardUsers {
    const NAME: &'static str = "anaconda_onboard_users";
    type Client = Anaconda;

    fn schema() -> Schema {
        Schema::new(
            "Invites people who have no Anaconda account yet: each gets an account, a seat and a \
             token, and two mails. Nothing is waited for and nothing is managed; use \
             `anaconda_onboarding` for that.",
        )
        .attributes([required(
            "emails",
            Type::set(Type::String),
            "The addresses; case does not matter.",
        )])
    }

    fn validate(config: &Value) -> Diagnostics {
        check_emails(config, "emails")
    }

    async fn invoke(cx: &mut Cx<Anaconda>, config: Self, progress: &Progress) -> Result<()> {
        if config.emails.is_empty() {
            progress.tell("Nobody to invite.");
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
            progress.tell(format!("{email}: on the way."));
        }
        for email in &answer.unavailable {
            progress.tell(format!("{email}: unavailable."));
        }
        if !answer.unavailable.is_empty() {
            cx.warn(Diagnostic::warning(
                "Some people could not be invited",
                format!(
                    "Anaconda calls these addresses unavailable: {}. Either they have an Anaconda \
                     account already (use `anaconda_user` for them), or no seat was left (free one, \
                     and invoke the action again).",
                    answer.unavailable.join(", ")
                ),
            ));
        }
        Ok(())
    }
}

/// It is not sent again by itself: nobody can see who is invited until they arrive.
fn answer_lost(emails: &[String], error: &Error) -> Diagnostic {
    Diagnostic::error(
        "The answer to an invitation was lost",
        format!(
            "These people may be invited, or not: {}. The reason: {error}.\n\nInvoke the action \
             again: that does no harm. Whoever is invited already is called unavailable then.",
            emails.join(", ")
        ),
    )
}
