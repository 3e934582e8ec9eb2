//! Resource identities: the organization and the native IDs of an object.

use std::collections::BTreeMap;

use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

const ORGANIZATION: &str = "organization_id";

/// Returns the identity attributes: the organization (optional in an import) and the `native` IDs
/// (required).
pub(super) fn schema<const N: usize>(
    native: [(&'static str, &'static str); N],
) -> Vec<IdentityAttribute> {
    let organization = IdentityAttribute::optional(
        ORGANIZATION,
        "ID of the organization. Defaults to `organization_id` of the provider.",
    );
    let native = native.map(|(name, what)| IdentityAttribute::required(name, what));
    std::iter::once(organization).chain(native).collect()
}

/// Returns the identity with these native IDs, or null while the organization is unknown.
pub(super) fn of<const N: usize>(client: &ProviderData, native: [(&str, &str); N]) -> Value {
    let Ok(organization) = client.org.organization() else { return Value::Null };
    let mut fields = BTreeMap::from(native.map(|(name, id)| (name.to_owned(), Value::from(id))));
    fields.insert(ORGANIZATION.to_owned(), organization.as_str().into());
    Value::Object(fields)
}

/// Returns a native ID from the identity in an `import` block.
///
/// # Errors
/// Returns an error if the identity belongs to another organization than the provider's, or if the
/// ID is missing.
pub(super) fn native(client: &ProviderData, identity: &Value, name: &str) -> Result<String> {
    let ours = client.org.organization()?;
    match identity.get(ORGANIZATION).as_str() {
        Some(theirs) if !may_be_the_same(theirs, ours.as_str()) => Err(Diagnostic::error(
            "Organization ID mismatch",
            format!(
                "The identity contains the organization \"{theirs}\", but `organization_id` of the provider \
                 is \"{ours}\". Import the object with a provider configuration of that organization."
            ),
        )
        .into()),
        _ => match identity.get(name).as_str().filter(|id| !id.trim().is_empty()) {
            Some(id) => Ok(id.to_owned()),
            None => Err(missing(name, identity.get(name).is_null()).into()),
        },
    }
}

/// Returns the error for an identity with a required attribute that is null or empty.
fn missing(name: &str, null: bool) -> Diagnostic {
    let what = if null { "null" } else { "empty" };
    Diagnostic::error(
        "Missing identity attribute",
        format!(
            "`{name}` in the `identity` of an `import` block is {what}. Set it to the ID of the object to \
             import. To import by another name, such as an email address, set `id` instead of \
             `identity`."
        ),
    )
}

/// Reports whether two names might denote the same organization.
///
/// An organization has a slug and a UUID, and API responses might contain the UUID instead of the
/// slug. The provider looks up objects only in its own organization.
fn may_be_the_same(theirs: &str, ours: &str) -> bool {
    let is_uuid = |text: &str| uuid::Uuid::try_parse(text).is_ok();
    theirs.eq_ignore_ascii_case(ours) || is_uuid(theirs) != is_uuid(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slug_and_uuid_can_match_but_two_slugs_cannot() {
        let (one, two) =
            ("0F1E2D3C-4b5a-4697-8877-665544332211", "0f1e2d3c-4b5a-4697-8877-665544332212");
        assert!(may_be_the_same("acme", one) && may_be_the_same(one, "acme"));
        assert!(may_be_the_same(one, &one.to_ascii_lowercase()));
        assert!(!may_be_the_same("acme", "beta") && !may_be_the_same(one, two));
    }
}
