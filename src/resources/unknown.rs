//! Replacements that nobody wants: Terraform replaces an object when it cannot know yet whether the
//! object that it refers to stays the same.

use crate::anaconda::Anaconda;
use crate::tf_provider::prelude::*;

/// Warns where the object is replaced for no other reason than that `argument` is not known yet.
/// `what` names the object, and `ends` what becomes of it, as in "its token is revoked".
pub(super) fn warn(
    cx: &mut Cx<Anaconda>,
    change: &Change,
    argument: &'static str,
    what: &str,
    ends: &str,
) {
    if !change.is_replacement_only_as_unknown(argument) {
        return;
    }
    cx.warn(
        Diagnostic::warning(
            "Replaced because a value is not known yet",
            format!(
                "`{argument}` of {what} is known only after the apply, so that Terraform has to plan \
                 for another value, even if it stays the same: {ends}. Usual causes are a module or a \
                 data source with `depends_on` on something that changes in this plan. To avoid it, \
                 take that `depends_on` out, refer to the resource itself, or apply first what the \
                 value comes from (terraform apply -target=<ADDRESS>), and plan again."
            ),
        )
        .at(argument),
    );
}
