//! Creation of a service account, including recovery from a lost response: see
//! [`crate::resources::recovery`].
//!
//! Only the response to the POST contains the secret, so an account whose response was lost is
//! useless. If it certainly belongs to this run, exactly this account is deleted and another one
//! created.

use std::collections::HashSet;
use std::result::Result as StdResult;

use tokio::sync::OwnedMutexGuard;

use super::{ServiceAccount, delete_verified};
use crate::client::{self, Error, NewServiceAccount, NotClaimed, Object, Org};
use crate::provider_data::{ProviderData, capitalized, cause};
use crate::resources::lookup::import_block;
use crate::resources::recovery::{CreateAttempts, Creation, create_or_find, unknown_outcome};
use crate::resources::removal;
use crate::tf_provider::prelude::*;

/// Creates an account with the configured name or a new random one, and returns the name.
///
/// # Errors
/// Returns an error if the name is taken or the API rejects the request. Also returns an error if a
/// response was lost, and the outcome or the owner of the account stays unknown. An account of
/// unknown ownership is saved in the state without its secret.
pub(super) async fn create(
    cx: &mut Context<ProviderData>,
    plan: &ServiceAccount,
) -> Result<(String, NewServiceAccount)> {
    let org = &cx.client()?.org;
    let random = plan.name.as_known().is_none();
    let mut name = plan.planned_name();
    let _guard = if random {
        let taken = org.service_accounts().await?;
        while taken.iter().any(|account| account.name == name) {
            name = plan.planned_name();
        }
        warn_about_leftovers(cx, org, plan, &name, &taken);
        None
    } else {
        Some(lock_name(org, &name).await?)
    };
    let (names, sent) = (HashSet::new(), name);
    let mut create = Create { cx, org, plan, random, next: sent, names };
    let made = create_or_find(org, &mut create).await?;
    if random && create.names.len() > 1 {
        create.names.remove(&made.0);
        delete_late(org, &create.names).await;
    }
    Ok(made)
}

/// Waits until no other resource of this run creates or deletes an account of this name, and checks
/// that none exists.
///
/// An account of this name that appears while the guard is held is the result of this create or of
/// another run.
///
/// # Errors
/// Returns an error if the name is taken.
async fn lock_name(org: &Org, name: &str) -> Result<OwnedMutexGuard<()>> {
    loop {
        let guard = org.lock_service_account(name).await;
        org.refresh_service_accounts();
        let accounts = org.service_accounts().await?;
        let Some(taken) = accounts.iter().find(|it| it.name == name) else { return Ok(guard) };
        let object = Object::Account(taken.client_id.clone());
        let label = format!("service account \"{name}\" ({})", taken.client_id);
        match org.note_refused(object.clone()) {
            Ok(()) => return Err(name_is_taken(taken).into()),
            Err(NotClaimed::Claimed) => {
                return Err(removal::managed_twice(&capitalized(&label)).into());
            }
            Err(NotClaimed::BeingRemoved) => {}
        }
        drop(guard);
        removal::wait_until_removed(org, &object, &label, removal::LONGEST_REMOVAL).await?;
    }
}

/// The request for a service account.
struct Create<'a> {
    cx: &'a mut Context<ProviderData>,
    org: &'a Org,
    plan: &'a ServiceAccount,
    /// Whether the suffix of the name is random.
    ///
    /// An account with a random suffix certainly belongs to this run. Other runs can use a fixed
    /// name, so there only the response is proof.
    random: bool,
    /// The name for the next request.
    next: String,
    /// The names that were sent. An account can appear in the list after polling has ended.
    names: HashSet<String>,
}

impl Creation for &mut Create<'_> {
    type Made = (String, NewServiceAccount);
    type Found = client::ServiceAccount;

    async fn send(&mut self) -> StdResult<Self::Made, Error> {
        let name = self.next.clone();
        self.names.insert(name.clone());
        self.next = self.plan.planned_name();
        let made = self.org.create_service_account(&name).await?;
        Ok((name, made))
    }

    async fn find(&self) -> StdResult<Option<Vec<client::ServiceAccount>>, Error> {
        self.org.refresh_service_accounts();
        let all = self.org.service_accounts().await?;
        let found = all.iter().filter(|account| self.names.contains(&account.name));
        Ok(Some(found.cloned().collect()))
    }

    async fn settle(
        &mut self,
        found: Vec<client::ServiceAccount>,
        error: &Error,
        attempts: &CreateAttempts,
    ) -> Result<Option<Self::Made>> {
        match found.as_slice() {
            [one] if !self.random && !attempts.proves_creation(error) => {
                self.cx.save_partial_state(&ServiceAccount::without_secret(self.plan, one))?;
                return Err(possibly_created(one, error).into());
            }
            [_, _, ..] if !self.random => return Err(ambiguous(&found, error).into()),
            _ => {}
        }
        for account in found {
            tracing::info!(client_id = %account.client_id, "deleting service account with lost client secret");
            delete_verified(self.org, &account.client_id).await?;
            self.names.remove(&account.name);
        }
        Ok(None)
    }

    fn unknown_outcome(&self, error: &Error, no_list: Option<&Error>) -> Diagnostic {
        let names: Vec<_> = self.names.iter().map(String::as_str).collect();
        unknown_outcome(
            &format!("Service account \"{}\"", names.join("\" or \"")),
            error,
            no_list,
            "Before you apply again, check the service accounts of the organization. If an account with this \
             name is in no Terraform state, this request created it, and its client secret is lost: \
             delete it.",
        )
    }
}

/// Warns about accounts that an interrupted run might have left behind.
fn warn_about_leftovers(
    cx: &mut Context<ProviderData>,
    org: &Org,
    plan: &ServiceAccount,
    name: &str,
    taken: &[client::ServiceAccount],
) {
    let prefix = plan.name_prefix.as_deref().unwrap_or_default();
    let alike: Vec<_> = taken
        .iter()
        .filter(|account| account.name.len() == name.len() && account.name.starts_with(prefix))
        .filter(|account| !org.is_claimed(&Object::Account(account.client_id.clone())))
        .collect();
    if !alike.is_empty() {
        cx.warn(possible_leftovers(prefix, &alike));
    }
}

fn possible_leftovers(prefix: &str, alike: &[&client::ServiceAccount]) -> Diagnostic {
    let alike: Vec<_> =
        alike.iter().map(|account| format!("{} ({})", account.name, account.client_id)).collect();
    Diagnostic::warning(
        "Service accounts with this prefix exist",
        format!(
            "This run creates another service account, in addition to those whose names begin with \
             \"{prefix}\": {}. Terraform deletes an account that this run replaces afterwards. If an \
             account was created by an interrupted run and is in no Terraform state, its client secret is \
             lost: delete it.",
            alike.join(", ")
        ),
    )
}

/// Deletes accounts of lost responses that appear late.
///
/// Logs a failure: the requested account exists, and an error would lose it.
async fn delete_late(org: &Org, lost: &HashSet<String>) {
    org.refresh_service_accounts();
    let listed = org.service_accounts().await;
    for account in listed.iter().flat_map(|all| all.iter()).filter(|it| lost.contains(&it.name)) {
        if let Err(error) = delete_verified(org, &account.client_id).await {
            tracing::warn!(name = account.name, %error, "failed to delete service account with lost client secret");
        }
    }
}

impl ServiceAccount {
    /// Returns the state of an account that appeared after a lost response.
    fn without_secret(plan: &Self, account: &client::ServiceAccount) -> Self {
        let planned = plan.clone();
        Self {
            name_prefix: planned.name_prefix,
            keepers: planned.keepers,
            hide_client_secret: planned.hide_client_secret,
            ..Self::found(account)
        }
    }
}

fn name_is_taken(taken: &client::ServiceAccount) -> Diagnostic {
    let block = import_block(ServiceAccount::NAME, taken.client_id.as_str());
    Diagnostic::error(
        "Service account already exists",
        format!(
            "The organization already has a service account \"{}\" ({}). The provider created none.\n\n\
             If this resource has `create_before_destroy`, it manages this account itself: use \
             `name_prefix` instead of `name`, so that the new account gets another name. {}\n\nOtherwise, \
             choose another name, or import the existing account with the block below. Its client secret \
             is unknown, because the API returns it only once. If the account was created by an \
             interrupted run, import it, and apply with `-replace` to delete it and create a new \
             one:\n\n{block}",
            taken.name,
            taken.client_id,
            removal::RENAME_ADVICE
        ),
    )
    .at("name")
}

fn possibly_created(one: &client::ServiceAccount, error: &Error) -> Diagnostic {
    Diagnostic::error(
        "Client secret lost",
        format!(
            "Service account \"{}\" ({}) exists, and its client secret is lost.\n\nThe account is saved in \
             the state as tainted: the next apply deletes exactly this account and creates a new one. If \
             another run created it at the same time and uses it, first run `terraform state rm \
             <ADDRESS>`.\n\n{}",
            one.name,
            one.client_id,
            cause(error)
        ),
    )
    .at("name")
}

fn ambiguous(found: &[client::ServiceAccount], error: &Error) -> Diagnostic {
    let name = found.first().map(|account| account.name.as_str()).unwrap_or_default();
    let ids: Vec<_> = found.iter().map(|account| account.client_id.as_str()).collect();
    Diagnostic::error(
        "Multiple new service accounts found",
        format!(
            "Multiple new service accounts \"{name}\" exist, and the provider cannot determine which one \
             this run created: {}.\n\nThe provider deleted none and saved none in the state. Delete the \
             accounts that are not used, and apply again with another name.\n\n{}",
            ids.join(", "),
            cause(error)
        ),
    )
    .at("name")
}
