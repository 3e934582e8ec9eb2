//! Removals that other resources of the same run speak against, and waiting for those that are under way.
//!
//! One object at two addresses of one run is what a renamed block without a `moved` block makes, and
//! `create_before_destroy` of something that exists once. A plan sees most of that and refuses it. What it
//! cannot see is settled here, by the journal of the run: see [`crate::client`].

use std::time::Duration;

use crate::client::{Announced, Object, Org, Removal};
use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

/// How long a create waits for a removal where it has no timeout of its own.
pub(super) const LONGEST_REMOVAL: Duration = Duration::from_secs(5 * 60);

/// What to do about a block that was renamed.
pub(super) const RENAME_ADVICE: &str = "If you renamed or moved the resource block, add this block, so that \
    Terraform plans no removal (Terraform v1.1 and later):\n\n\
    moved {\n  from = <OLD_ADDRESS>\n  to   = <NEW_ADDRESS>\n}";

/// Announces a removal. `None`: there is nothing to do, as another resource has the object now.
///
/// # Errors
/// A create of this run met the object and was refused.
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

/// Waits for a removal by this run. Hold no lock meanwhile.
///
/// # Errors
/// It takes longer than `longest`, or the run was canceled.
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

/// Two resources of one run want to have the same object.
pub(super) fn managed_twice(label: &str) -> Diagnostic {
    Diagnostic::error(
        "Object is managed by another resource of this run",
        format!(
            "{label} was created or adopted by another resource of this run. The provider sent no \
             request. Keep one of the two resources, and refer to it instead of the other."
        ),
    )
}
