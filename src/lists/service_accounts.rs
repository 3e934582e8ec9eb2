//! List resource for `anaconda_service_account`.

use regex_lite::Regex;

use crate::filters::{is_regex, regex};
use crate::provider_data::ProviderData;
use crate::resources::ServiceAccount;
use crate::tf_provider::prelude::*;

/// The filter for service accounts.
#[derive(Clone, Debug, Deserialize)]
pub struct ServiceAccounts {
    name_regex: Option<String>,
}

impl List for ServiceAccounts {
    type Resource = ServiceAccount;

    fn schema() -> Schema {
        Schema::new("Lists the service accounts of the organization that match the filter.")
            .attributes([optional(
            "name_regex",
            Type::String,
            "Regular expression that the name must match. The match can be anywhere in the name.",
        )
        .check(is_regex)])
    }

    async fn list(
        cx: &mut Context<ProviderData>,
        filters: Self,
        found: &mut ListSink,
    ) -> Result<()> {
        let pattern: Option<Regex> = regex(filters.name_regex.as_deref())?;
        let accounts = cx.client()?.org.service_accounts().await?;
        let admits = |name: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(name));
        for account in accounts.iter().filter(|account| admits(&account.name)) {
            if !found.has_capacity() {
                break;
            }
            found.push(account.name.clone(), &ServiceAccount::found(account)).await?;
        }
        Ok(())
    }
}
