//! Removals that conflict with other resources of the same run, and waiting for pending removals.
//!
//! One object can be at two addresses of one run: after a block is renamed without a `moved` block,
//! or with `create_before_destroy` of an object that can exist only once. A plan detects most of
//! these cases and rejects them. The journal of the run resolves the rest here: see
//! [`crate::client`].

use std::time::Duration;

use crate::client::{Announced, Object, Org, Removal};
use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

/// How long a create waits for a removal if it has no timeout.
pub(super) const LONGEST_REMOVAL: Duration = Duration::from_secs(5 * 60);

/// Advice for a renamed block.
pub(super) const RENAME_ADVICE: &str = "If you renamed or moved the resource block, add this block, so that \
    Terraform plans no removal (Terraform v1.1 and later):\n\n\
    moved {\n  from = <OLD_ADDRESS>\n  to   = <NEW_ADDRESS>\n}";

/// Announces a removal.
///
/// Returns `None` if there is nothing to remove, because another resource manages the object now.
///
/// # Errors
/// Returns an error if a create of this run found the object and was rejected because of it.
pub(super) fn announce(
    cx: &mut Context<ProviderData>,
    org: &Org,
    object: &Object,
    also: Option<Object>,
    label: &str,
) -> Result<Option<Announced>> {
    match org.announce_removal(object, also) {
        Removal::Announced(announced) => Ok(Some(announced)),
        Removal::Claimed => {
            cx.warn(Diagnostic::warning(
                "Object is kept for another resource",
                format!(
                    "{label} was not removed, because another resource of the same run manages it now. Terraform \
                     only removed this resource from the state.\n\n{RENAME_ADVICE}\n\nIf this resource has \
                     `create_before_destroy`, its replacement adopted the object, and no action is \
                     required."
                ),
            ));
            Ok(None)
        }
        Removal::Refused => Err(Diagnostic::error(
            "Object is needed by another resource",
            format!(
                "{label} was not removed. Another resource of the same run tried to create it, and the API \
                 rejected that because it exists. The state still contains it.\n\n{RENAME_ADVICE}\n\n\
                 Otherwise, correct the other resource, or apply only the removal first."
            ),
        )
        .into()),
    }
}

/// Waits for a removal by this run. The caller must not hold a lock while waiting.
///
/// # Errors
/// Returns an error if the removal takes longer than `longest`, or if the run was canceled.
pub(super) async fn wait_until_removed(
    org: &Org,
    object: &Object,
    label: &str,
    longest: Duration,
) -> Result<()> {
    if !org.is_being_removed(object) {
        return Ok(());
    }
    tracing::info!(label, "waiting until another resource of this run has removed the object");
    org.removed(object, longest).await.map_err(|error| {
        Diagnostic::error(
            "Object is still being removed",
            format!(
                "Another resource of this run is removing {label}, and this resource waited for it: {error}. \
                 This resource was not created. Run the command again to continue.\n\n{RENAME_ADVICE}"
            ),
        )
        .into()
    })
}

/// Returns the error for two resources of one run that manage the same object.
pub(super) fn managed_twice(label: &str) -> Diagnostic {
    Diagnostic::error(
        "Object is managed by another resource of this run",
        format!(
            "{label} was created or adopted by another resource of this run. The provider sent no \
             request. Keep one of the two resources, and refer to it instead of the other."
        ),
    )
}
