//! `anaconda_service_account`: an account with which a program authenticates.
//!
//! API facts: the requests need the access token of an organization admin. Only the response to the
//! POST contains the secret. No request changes an account or its secret, so a change of the name
//! replaces the account, which gives it a new client ID.
//!
//! Source: Organization Management API 1.0.0.

mod create;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::client::{self, ClientId, Org};
use crate::provider_data::{Object, ProviderData, Step, own_account};
use crate::resources::lookup::{
    Refreshed, invalid_import_id, keep_if_recently_written, skip_if_credentials_unknown,
};
use crate::resources::{evidence, hiding, identity, removal};
use crate::tf_provider::prelude::*;

const IMPORT_ID_FORMATS: &str = "Expected `<CLIENT_ID>` or `name/<NAME>`";

/// The number of random characters after a prefix.
const SUFFIX: usize = 9;

/// State of a service account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServiceAccount {
    id: Attr<String>,
    name: Attr<String>,
    name_prefix: Option<String>,
    keepers: Option<BTreeMap<String, Option<String>>>,
    hide_client_secret: bool,
    client_id: Attr<String>,
    organization_id: Attr<String>,
    #[serde(serialize_with = "exposed")]
    client_secret: Attr<Secret>,
}

impl Resource for ServiceAccount {
    const NAME: &'static str = "anaconda_service_account";
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Manages a service account, with which a program authenticates to manage the organization. Requires \
             `admin_username` and `admin_password` in the provider block. The API returns the client \
             secret only when the account is created. Terraform stores it in the state, so protect the \
             state. Destroying the resource deletes the account.",
        )
        .attributes([
            computed("id", Type::String, "Client ID.").use_state_for_unknown(),
            optional_computed("name", Type::String, "Name of the service account. Must be 1 to 64 characters of `a-z`, `0-9`, `-`, and `_`. Exactly one of `name` and `name_prefix` must be set. Changing this forces a new service account.").use_state_for_unknown().requires_replace().check(is_name),
            optional("name_prefix", Type::String, "Prefix of a name that ends with random characters. Must be 1 to 55 characters. Use it with `create_before_destroy`. Exactly one of `name` and `name_prefix` must be set. Changing this to a prefix that the name does not have forces a new service account.").requires_replace().check(is_prefix),
            optional("keepers", Type::map(Type::String), "Arbitrary values. Changing this forces a new service account with another client ID and client secret, which rotates the secret. If the state has no values, such as after an import, the first values are stored without a replacement.").null_elements().null_is_empty().requires_replace().adopt_first_value(),
            optional("hide_client_secret", Type::Bool, "Whether to keep the client secret out of the state, which makes it unavailable. Changing this to `true` removes the client secret from the state. Changing this to `false` forces a new service account. Defaults to `false`.").default(false),
            computed("client_id", Type::String, "Client ID for authentication.").use_state_for_unknown(),
            computed("organization_id", Type::String, "ID of the organization of the account, as in the API response. This can be a UUID that differs from `organization_id` of the provider.").use_state_for_unknown(),
            computed("client_secret", Type::String, "Client secret for authentication. Null after an import, because the API returns it only once.").use_state_for_unknown().sensitive(),
        ])
    }

    fn validate(config: &Value) -> Diagnostics {
        exactly_one(config, "name", "name_prefix")
    }

    async fn plan(cx: &mut Context<ProviderData>, change: &mut ResourcePlan) -> Result<()> {
        hiding::plan(change, "hide_client_secret", "client_secret");
        // An imported account, or one that had a full name before, might already have the prefix.
        // If the prefix is removed, the name decides about a replacement.
        let fits = match (change.planned("name_prefix").as_str(), change.prior("name").as_str()) {
            (Some(prefix), Some(name)) => name.starts_with(prefix),
            (None, _) => !change.planned("name_prefix").is_unknown(),
            (Some(_), None) => false,
        };
        if fits {
            change.clear_requires_replace("name_prefix");
        }
        cx.client()?.note_plan(cx, step(change)).await
    }

    async fn plan_delete(cx: &mut Context<ProviderData>, state: Self) -> Result<()> {
        cx.client()?.note_plan(cx, Step::removes(state.object())).await
    }

    async fn create(cx: &mut Context<ProviderData>, plan: Self) -> Result<Self> {
        let (name, made) = create::create(cx, &plan).await?;
        let client_secret =
            if plan.hide_client_secret { Attr::Null } else { Attr::Known(made.client_secret) };
        Ok(Self {
            id: Attr::Known(made.client_id.to_string()),
            name: Attr::Known(name),
            client_id: Attr::Known(made.client_id.to_string()),
            organization_id: Attr::Known(made.org_id.clone()),
            client_secret,
            ..plan
        })
    }

    async fn read(cx: &mut Context<ProviderData>, state: Self) -> Result<Option<Self>> {
        let accounts = match listed(cx).await? {
            Refreshed::Current(accounts) => accounts,
            Refreshed::Skipped => return Ok(Some(state)),
        };
        let id = state.client_id()?;
        let Some(account) = accounts.iter().find(|account| account.client_id == id) else {
            let what = format!("Service account \"{}\" ({id})", state.label());
            let org = cx.client()?.org;
            let is_gone = org.accounts_lack(|all| !all.iter().any(|it| it.client_id == id));
            let stands = keep_if_recently_written(cx, &what, is_gone).await?;
            return Ok(stands.then_some(state));
        };
        cx.confirm_scope();
        Ok(Some(Self { name: Attr::Known(account.name.clone()), ..state }))
    }

    /// Updates only the state: no request changes an account.
    async fn update(_: &mut Context<ProviderData>, plan: Self, prior: Self) -> Result<Self> {
        let (secret, hide) = (plan.client_secret, plan.hide_client_secret);
        let client_secret = hiding::updated(secret, prior.client_secret, hide);
        Ok(Self { client_secret, ..plan })
    }

    async fn delete(cx: &mut Context<ProviderData>, state: Self) -> Result<()> {
        let anaconda = cx.client()?;
        refuse_own_account(&anaconda, &state)?;
        if let Some(object) = state.object() {
            anaconda.ledger.before_removal(&object)?;
        }
        let id = state.client_id()?;
        let label = format!("Service account \"{}\" ({id})", state.label());
        let object = client::Object::Account(id.clone());
        let Some(_announced) = removal::announce(cx, &anaconda.org, &object, None, &label)? else {
            return Ok(());
        };
        Ok(delete_verified(&anaconda.org, &id).await?)
    }

    async fn import(cx: &mut Context<ProviderData>, id: &str) -> Result<Self> {
        let org = cx.client()?.org;
        let name = id.strip_prefix("name/");
        if name.is_none() {
            ClientId::parse(id).map_err(|_invalid| invalid_import_id(id, IMPORT_ID_FORMATS))?;
        }
        let is_it = |account: &client::ServiceAccount| match name {
            Some(name) => account.name == name,
            None => account.client_id.as_str() == id,
        };
        // An account that was just created might be missing from the first list.
        org.accounts_lack_now(|all| !all.iter().any(is_it)).await?;
        let accounts = org.service_accounts().await?;
        let account = accounts.iter().find(|account| is_it(account)).ok_or_else(|| {
            let what = format!(
                "None of the {} service accounts of the {} is \"{id}\". Check the spelling, and \
                 `organization_id` in the provider block. {IMPORT_ID_FORMATS}.",
                accounts.len(),
                org.organization_label()
            );
            Diagnostic::error("Service account not found", what)
        })?;
        let found = Self::found(account);
        if let Some(object) = found.object() {
            cx.client()?.ledger.imported(object);
        }
        Ok(found)
    }

    fn generate(config: &mut Value) {
        if !config.get("name_prefix").is_null() {
            config.set("name", Value::Null);
        }
    }

    fn identity_schema() -> Vec<IdentityAttribute> {
        identity::schema([("client_id", "Client ID.")])
    }

    fn identity(client: &ProviderData, state: &Self) -> Result<Value> {
        let client_id = state.client_id()?;
        Ok(identity::of(client, [("client_id", client_id.as_str())]))
    }

    fn import_id(client: &ProviderData, identity: &Value) -> Result<String> {
        identity::native(client, identity, "client_id")
    }
}

impl ServiceAccount {
    /// Returns the state of an account that the list shows.
    pub(crate) fn found(account: &client::ServiceAccount) -> Self {
        Self {
            id: Attr::Known(account.client_id.to_string()),
            name: Attr::Known(account.name.clone()),
            name_prefix: None,
            keepers: None,
            hide_client_secret: false,
            client_id: Attr::Known(account.client_id.to_string()),
            organization_id: Attr::Known(account.org_id.clone()),
            client_secret: Attr::Null,
        }
    }

    /// Returns the account as the plan ledger identifies it.
    fn object(&self) -> Option<Object> {
        let id = ClientId::parse(self.client_id.as_known()?).ok()?;
        Some(Object::service_account(Some(&id), self.name.as_known().map(String::as_str)))
    }

    /// Returns the name of the account for messages.
    fn label(&self) -> &str {
        self.name.as_known().map(String::as_str).unwrap_or_default()
    }

    /// Returns the configured name, or the prefix followed by random characters.
    fn planned_name(&self) -> String {
        match (&self.name, &self.name_prefix) {
            (Attr::Known(name), _) => name.clone(),
            (_, prefix) => {
                let random = uuid::Uuid::new_v4().simple().to_string();
                let random = random.chars().take(SUFFIX).collect::<String>();
                format!("{}{random}", prefix.as_deref().unwrap_or_default())
            }
        }
    }

    fn client_id(&self) -> Result<ClientId> {
        let stored = self.client_id.as_known().map(String::as_str).unwrap_or_default();
        ClientId::parse(stored).map_err(|e| {
            let what =
                format!(
                    "The state of service account \"{}\" is not valid: {e}. Restore the state from a backup, \
                     or run `terraform state rm <ADDRESS>` and import the account.",
                    self.label()
                );
            Diagnostic::error("Invalid resource state", what).into()
        })
    }
}

/// Deletes an account. "Not found" counts as deleted only if the list agrees: the API also returns
/// it for other reasons, such as a wrong organization.
///
/// # Errors
/// Returns an error if the account is still listed, or if the provider cannot verify the deletion.
async fn delete_verified(org: &Org, id: &ClientId) -> std::result::Result<(), client::Error> {
    let is_gone = || async move {
        org.refresh_service_accounts();
        let accounts = org.service_accounts().await?;
        Ok(!accounts.iter().any(|account| account.client_id == *id))
    };
    let deletion = || org.delete_service_account(id);
    evidence::remove_verified(org, deletion, client::Error::is_not_found, is_gone).await.map(drop)
}

async fn listed(
    cx: &mut Context<ProviderData>,
) -> Result<Refreshed<Arc<Vec<client::ServiceAccount>>>> {
    let anaconda = cx.client()?;
    match anaconda.org.service_accounts().await {
        Ok(accounts) => Ok(Refreshed::Current(accounts)),
        Err(error) => skip_if_credentials_unknown(cx, &anaconda, error),
    }
}

/// Returns the effect of a plan on accounts. A random name identifies no object before the apply.
fn step(change: &ResourcePlan) -> Step {
    let name = |value: &Value| value.as_str().map(str::to_owned);
    let prior = || {
        let id = ClientId::parse(change.prior("client_id").as_str()?).ok()?;
        Some(Object::service_account(Some(&id), name(change.prior("name")).as_deref()))
    };
    let new = || Some(Object::service_account(None, Some(change.planned("name").as_str()?)));
    match (change.is_create(), change.is_replacement()) {
        (true, _) => Step::adds(new()),
        (_, true) => Step::replaces(prior(), new()),
        _ => Step::keeps(prior()),
    }
}

/// Rejects the deletion of the provider's own account in the apply.
///
/// The plan checks this too, but cannot detect every case.
fn refuse_own_account(anaconda: &ProviderData, state: &ServiceAccount) -> Result<()> {
    let own = anaconda.org.signed_in_client_id();
    if own.is_none() || own != state.client_id.as_known().map(String::as_str) {
        return Ok(());
    }
    Err(own_account(&format!("service account \"{}\"", state.label())).into())
}

fn is_prefix(value: &Value) -> std::result::Result<(), String> {
    let prefix = value.as_str().unwrap_or_default();
    let with_suffix = Value::from(format!("{prefix}{}", "0".repeat(SUFFIX)));
    if !prefix.is_empty() && is_name(&with_suffix).is_ok() {
        return Ok(());
    }
    Err(format!(
        "\"{prefix}\" is not a valid name prefix. It must be 1 to {} lowercase letters, digits, hyphens, \
         and underscores.",
        64 - SUFFIX
    ))
}

fn is_name(value: &Value) -> std::result::Result<(), String> {
    let name = value.as_str().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if (1..=64).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    Err(format!(
        "\"{name}\" is not a valid service account name. It must be 1 to 64 lowercase letters, digits, \
         hyphens, and underscores."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_account_names_are_validated_as_by_api() {
        for good in ["a", "ci-runner_2", &"x".repeat(64)] {
            assert_eq!(is_name(&good.into()), Ok(()), "{good}");
        }
        for bad in ["", "CI", "a b", "ä", "a.b", &"x".repeat(65)] {
            assert!(is_name(&bad.into()).is_err(), "{bad}");
        }
    }
}
