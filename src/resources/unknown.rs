//! Replacements that nobody wants: Terraform replaces an object when it cannot know yet whether the
//! object that it refers to stays the same.

use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

/// Warns where the object is replaced for no other reason than that `argument` is not known yet.
/// `what` names the object, and `ends` what becomes of it, as in "its token is revoked".
pub(super) fn warn(
    cx: &mut Context<ProviderData>,
    change: &ResourcePlan,
    argument: &'static str,
    what: &str,
    ends: &str,
) {
    if !change.is_replacement_only_because_unknown(argument) {
        return;
    }
    cx.warn(
        Diagnostic::warning(
            "Replacement because of an unknown value",
            format!(
                "`{argument}` of {what} is known only after apply, so Terraform plans for another value, \
                 even if the value stays the same: {ends}. A usual cause is a module or a data source \
                 with `depends_on` on an object that changes in this plan. To avoid the replacement, \
                 remove `depends_on`, refer to the resource directly, or apply the source of the value \
                 first (`terraform apply -target=<ADDRESS>`), and plan again."
            ),
        )
        .at(argument),
    );
}
