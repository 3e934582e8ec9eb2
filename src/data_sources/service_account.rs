//! `anaconda_service_account` and `anaconda_service_accounts`: accounts without their secrets.

use super::listed::not_found;
use crate::client;
use crate::filters::{is_regex, regex};
use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

/// A service account, found by client ID or by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServiceAccount {
    id: Attr<String>,
    client_id: Attr<String>,
    name: Attr<String>,
    organization_id: Attr<String>,
}

impl DataSource for ServiceAccount {
    const NAME: &'static str = "anaconda_service_account";
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Reads a service account by `client_id` or by `name`. The client secret is not available: the API \
             returns it only when the account is created.",
        )
        .attributes([
            computed("id", Type::String, "Client ID."),
            optional_computed(
                "client_id",
                Type::String,
                "Client ID. Exactly one of `client_id` and `name` must be set.",
            ),
            optional_computed(
                "name",
                Type::String,
                "Name. Exactly one of `client_id` and `name` must be set.",
            ),
            computed(
                "organization_id",
                Type::String,
                "ID of the organization of the account, as in the API response. This can be a UUID that differs from `organization_id` of the provider.",
            ),
        ])
    }

    fn validate(config: &Value) -> Diagnostics {
        exactly_one(config, "client_id", "name")
    }

    async fn read(cx: &mut Context<ProviderData>, config: Self) -> Result<Self> {
        let org = cx.client()?.org;
        let (wanted, searched) = match (&config.client_id, &config.name) {
            (Attr::Known(id), _) => (id, format!("the client ID \"{id}\"")),
            (_, Attr::Known(name)) => (name, format!("the name \"{name}\"")),
            _ => return Err(not_found(&org, "service account", "no name", 0)),
        };
        let by_id = config.client_id.as_known().is_some();
        let fits = |account: &&client::ServiceAccount| {
            *wanted == if by_id { account.client_id.to_string() } else { account.name.clone() }
        };
        // An account that was just created might be missing from the first list.
        org.accounts_lack_now(|all| !all.iter().any(|account| fits(&account))).await?;
        let accounts = org.service_accounts().await?;
        let mut found = accounts.iter().filter(fits);
        let account = found
            .next()
            .ok_or_else(|| not_found(&org, "service account", &searched, accounts.len()))?;
        if found.next().is_some() {
            return Err(Diagnostic::error(
                "Multiple service accounts found",
                format!("More than one service account has {searched}. Set `client_id` instead."),
            )
            .into());
        }
        Ok(Self {
            id: Attr::Known(account.client_id.to_string()),
            client_id: Attr::Known(account.client_id.to_string()),
            name: Attr::Known(account.name.clone()),
            organization_id: Attr::Known(account.org_id.clone()),
        })
    }
}

/// The service accounts that match a name filter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServiceAccounts {
    name_regex: Option<String>,
    service_accounts: Attr<Vec<Listed>>,
    client_ids: Attr<Vec<String>>,
    names: Attr<Vec<String>>,
}

/// One service account.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Listed {
    client_id: String,
    name: String,
    organization_id: String,
}

impl DataSource for ServiceAccounts {
    const NAME: &'static str = "anaconda_service_accounts";
    type Client = ProviderData;

    fn schema() -> Schema {
        let account = Type::object([
            ("client_id", Type::String),
            ("name", Type::String),
            ("organization_id", Type::String),
        ]);
        Schema::new(
            "Lists the service accounts of the organization, sorted by client ID, without client secrets.",
        )
        .attributes([
            optional("name_regex", Type::String, "Regular expression that the name must match. The match can be anywhere in the name.").check(is_regex),
            computed("service_accounts", Type::list(account), "Service accounts, each with `client_id`, `name`, and `organization_id`."),
            computed("client_ids", Type::list(Type::String), "Client IDs, in the same order."),
            computed("names", Type::list(Type::String), "Names, in the same order."),
        ])
    }

    async fn read(cx: &mut Context<ProviderData>, config: Self) -> Result<Self> {
        let pattern = regex(config.name_regex.as_deref())?;
        let accounts = cx.client()?.org.service_accounts().await?;
        let mut found: Vec<Listed> = accounts
            .iter()
            .filter(|account| pattern.as_ref().is_none_or(|p| p.is_match(&account.name)))
            .map(|account| Listed {
                client_id: account.client_id.to_string(),
                name: account.name.clone(),
                organization_id: account.org_id.clone(),
            })
            .collect();
        found.sort_by(|a, b| a.client_id.cmp(&b.client_id));
        Ok(Self {
            client_ids: Attr::Known(
                found.iter().map(|account| account.client_id.clone()).collect(),
            ),
            names: Attr::Known(found.iter().map(|account| account.name.clone()).collect()),
            service_accounts: Attr::Known(found),
            ..config
        })
    }
}
