//! Creating a service account, also when the answer is lost: see [`crate::resources::recovery`].
//!
//! The secret is in the answer and nowhere else, so an account that was made without one is of no
//! use. If it is surely ours, exactly it is deleted and another one made.

use std::collections::HashSet;

use super::{ServiceAccount, delete_for_sure};
use crate::anaconda::Anaconda;
use crate::client::{self, Error, NewServiceAccount, Object, Org};
use crate::resources::lookup::import_block;
use crate::resources::recovery::{Sends, untold};
use crate::tf_provider::prelude::*;

/// Makes an account with the configured name, or with a new random one. The answer has the name.
///
/// # Errors
/// The name is taken; the API refuses; or an answer was lost, and nobody can tell what came of it,
/// or whether what came of it is ours: such an account is kept in the state without its secret.
pub(super) async fn make(
    cx: &mut Cx<Anaconda>,
    plan: &ServiceAccount,
) -> Result<(String, NewServiceAccount)> {
    let org = cx.client()?.org;
    match &plan.name {
        Attr::Known(name) => Ok((name.clone(), named(cx, &org, plan, name).await?)),
        _ => prefixed(cx, &org, plan).await,
    }
}

/// With a random name whatever bears it is ours.
async fn prefixed(
    cx: &mut Cx<Anaconda>,
    org: &Org,
    plan: &ServiceAccount,
) -> Result<(String, NewServiceAccount)> {
    let mut sends = Sends::new(org);
    let mut name = plan.name_to_be();
    let taken = org.service_accounts().await?;
    while taken.iter().any(|account| account.name == name) {
        name = plan.name_to_be();
    }
    let prefix = plan.name_prefix.as_deref().unwrap_or_default();
    let alike: Vec<_> = taken
        .iter()
        .filter(|account| account.name.len() == name.len() && account.name.starts_with(prefix))
        .filter(|account| !org.is_claimed(&Object::Account(account.client_id.clone())))
        .collect();
    if !alike.is_empty() {
        cx.warn(may_be_left_over(prefix, &alike));
    }
    // Names of accounts that may still appear: a listing can be later than all looks at it.
    let mut lost = HashSet::new();
    loop {
        let error = match org.create_service_account(&name).await {
            Err(error) if sends.leaves_open(&error) => error,
            made => {
                let made = made?;
                if !lost.is_empty() {
                    delete_late(org, &lost).await;
                }
                return Ok((name, made));
            }
        };
        lost.insert(name);
        let found = match look(org, |account| lost.contains(&account.name)).await {
            Ok(found) => found,
            Err(no_look) => return Err(account_untold(&lost, &error, &no_look).into()),
        };
        for account in found {
            delete_for_sure(org, &account.client_id).await?;
            lost.remove(&account.name);
        }
        sends.again(org, error)?;
        name = plan.name_to_be();
    }
}

fn may_be_left_over(prefix: &str, alike: &[&client::ServiceAccount]) -> Diagnostic {
    let alike: Vec<_> =
        alike.iter().map(|account| format!("{} ({})", account.name, account.client_id)).collect();
    Diagnostic::warning(
        "Service accounts of the same prefix exist",
        format!(
            "Another service account is made beside those whose names begin with \"{prefix}\": {}. One \
             that this run replaces is deleted after this. If one is left over from a run that was \
             killed, so that it is in no Terraform state, nobody has its secret: delete it.",
            alike.join(", ")
        ),
    )
}

/// A last look for accounts of lost answers. A failure is told in the log: what was asked for is
/// there, and must not be lost over this.
async fn delete_late(org: &Org, lost: &HashSet<String>) {
    org.refresh_service_accounts();
    let listed = org.service_accounts().await;
    for account in listed.iter().flat_map(|all| all.iter()).filter(|it| lost.contains(&it.name)) {
        if let Err(error) = delete_for_sure(org, &account.client_id).await {
            tracing::warn!(name = account.name, %error, "an account without a secret is left over");
        }
    }
}

/// With a name that others may use too, only the answer can prove that an account is ours.
async fn named(
    cx: &mut Cx<Anaconda>,
    org: &Org,
    plan: &ServiceAccount,
    name: &str,
) -> Result<NewServiceAccount> {
    let _alone = org.lock_service_account(name).await;
    // As fresh as can be, so that what is new afterwards was made in this very moment.
    org.refresh_service_accounts();
    if let Some(taken) = org.service_accounts().await?.iter().find(|it| it.name == name) {
        return Err(name_is_taken(taken).into());
    }
    let mut sends = Sends::new(org);
    loop {
        let error = match org.create_service_account(name).await {
            Err(error) if sends.leaves_open(&error) => error,
            made => return Ok(made?),
        };
        // Whatever was there at the fresh listing has another name.
        let found = match look(org, |account| account.name == name).await {
            Ok(found) => found,
            Err(no_look) => {
                return Err(account_untold(&[name.to_owned()].into(), &error, &no_look).into());
            }
        };
        match found.as_slice() {
            [] => sends.again(org, error)?,
            [one] if error.was_carried_out() && !sends.in_doubt() => {
                tracing::info!(client_id = %one.client_id, "deleting our account without a secret");
                delete_for_sure(org, &one.client_id).await?;
                sends.again(org, error)?;
            }
            [one] => {
                cx.keep(&ServiceAccount::without_secret(plan, one))?;
                return Err(maybe_ours(one, &error).into());
            }
            several => return Err(cannot_tell(name, several, &error).into()),
        }
    }
}

/// Looks until there are such accounts, or all looks are taken.
async fn look(
    org: &Org,
    wanted: impl Fn(&client::ServiceAccount) -> bool,
) -> std::result::Result<Vec<client::ServiceAccount>, Error> {
    let wanted = &wanted;
    let look = || async move {
        org.refresh_service_accounts();
        let all = org.service_accounts().await?;
        Ok(all.iter().filter(|account| wanted(account)).cloned().collect::<Vec<_>>())
    };
    org.look_until(look, |found| !found.is_empty()).await
}

impl ServiceAccount {
    /// An account that appeared after a lost answer.
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
        "A service account of this name exists",
        format!(
            "The organization has a service account \"{}\" already ({}), so nothing was created. Choose \
             another name, or manage the existing one with the block below. Its secret was shown once \
             and cannot be had again; if it is left over from a run that was killed, import it, and \
             apply with -replace to delete it and make another:\n\n{block}",
            taken.name, taken.client_id
        ),
    )
    .at("name")
}

fn account_untold(names: &HashSet<String>, error: &Error, no_look: &Error) -> Diagnostic {
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    untold(
        &format!("Service account \"{}\"", names.join("\" or \"")),
        error,
        Some(no_look),
        "Look at the service accounts of the organization before you apply again. An account of this \
         name that is in no Terraform state is the one that this request made, and its secret is lost: \
         delete it.",
    )
}

fn maybe_ours(one: &client::ServiceAccount, error: &Error) -> Diagnostic {
    Diagnostic::error(
        "A service account was created without its secret",
        format!(
            "Service account \"{}\" ({}) exists now, and its secret is lost: {error}.\n\nIt is kept in \
             the state as tainted: the next apply deletes exactly this account and creates another. \
             If another run made it at this very moment and uses it, take it out of this state \
             before: terraform state rm ADDRESS.",
            one.name, one.client_id
        ),
    )
    .at("name")
}

fn cannot_tell(name: &str, found: &[client::ServiceAccount], error: &Error) -> Diagnostic {
    let ids: Vec<_> = found.iter().map(|account| account.client_id.as_str()).collect();
    Diagnostic::error(
        "Several service accounts of this name have appeared",
        format!(
            "These service accounts \"{name}\" exist now, and which of them this run made cannot be \
             told: {}. The reason: {error}.\n\nNone was deleted, and none is kept in the state. \
             Delete those that nobody uses, and apply again with another name.",
            ids.join(", ")
        ),
    )
    .at("name")
}
