//! Processing of each plan request: the ledger records it, and the guards check who leaves.

use super::{Kind, Object, Step};
use crate::provider_data::ProviderData;
use crate::tf_provider::context::Context;
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics, Result};

impl ProviderData {
    /// Records the effect of a plan request on objects, and compares it with all requests of this
    /// run: see [`Step`].
    ///
    /// Call it once for each plan request, at its end.
    ///
    /// # Errors
    /// Returns an error if two addresses conflict over an object. Also returns an error if the plan
    /// removes too many people, every admin, or the provider's own account.
    pub(crate) async fn note_plan(&self, cx: &mut Context<Self>, step: Step) -> Result<()> {
        if !self.ledger.sees_removals() && step.adds_something() {
            self.warn_once(
                cx,
                "Planned removals not checked",
                "This version of Terraform does not plan removals with the provider. The provider cannot \
                 detect that another address removes an object that this address adds, for example \
                 after you rename a block. It enforces `offboarding_limit` only during apply. Use \
                 Terraform v1.3 or later.",
            );
        }
        // Terraform refreshes before it plans, so the list is usually cached. It is never requested
        // here.
        let noted = self.ledger.note(cx.mark(), step, self.org.users_so_far().as_deref());
        cx.set_mark(noted.mark);
        let (mut errors, warnings) = noted.found.split();
        warnings.into_iter().for_each(|warning| cx.warn(warning));
        let leaving = || noted.leaving.iter().map(AsRef::as_ref);
        errors.extend(self.refuse_own_account(leaving()));
        // If the list request fails, the plan continues: the apply checks again.
        if leaving().any(|it| it.kind == Kind::Person)
            && let Ok(Some(users)) = self.org.users().await
        {
            match self.ledger.admins_among(leaving(), &users) {
                Ok(admins) => {
                    for admin in admins {
                        cx.warn(admin_removed(admin));
                    }
                }
                Err(refused) => errors.extend(refused),
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn refuse_own_account<'a>(&self, mut leaving: impl Iterator<Item = &'a Object>) -> Diagnostics {
        let own = self.org.signed_in_client_id();
        let found = leaving
            .find(|it| it.kind == Kind::ServiceAccount && own.is_some() && it.id() == own)
            .map(|it| own_account(&it.label));
        found.map(Diagnostics::from).unwrap_or_default()
    }
}

/// Returns the error for the removal of the provider's own account.
///
/// Without it, the provider could neither finish this run nor start the next one.
pub(crate) fn own_account(who: &str) -> Diagnostic {
    Diagnostic::error(
        "Service account in use by the provider",
        format!(
            "The provider authenticates with {who}, so it does not delete or replace this account. \
             Configure another service account in the provider block first, or remove this one from the \
             state with a `removed` block with `destroy = false`."
        ),
    )
}

fn admin_removed(who: &str) -> Diagnostic {
    Diagnostic::warning(
        "Organization admin will be removed",
        format!(
            "This plan removes {who}, who is an admin of the organization. If the user is added again, the \
             user is a member without the admin role."
        ),
    )
}
