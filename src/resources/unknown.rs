//! Unintended replacements: Terraform replaces an object if it cannot know yet whether the object
//! that it refers to stays the same.

use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

/// Warns if the object is replaced only because `argument` is unknown.
///
/// `what` names the object, and `ends` says what happens to it, as in "the provider unassigns the
/// seat".
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
