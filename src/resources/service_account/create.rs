//! Creating a service account, and finding out what became of it when the answer was lost.

use std::collections::BTreeSet;

use super::{ServiceAccount, name_is_taken};
use crate::anaconda::Anaconda;
use crate::client::{self, ClientId, Error, NewServiceAccount, Org};
use crate::resources::recovery::{cannot_look, several, was_not_made};
use crate::tf_provider::prelude::*;

/// Creates an account of this name, which no account has.
///
/// # Errors
/// There is one, the API refuses, or one was made whose secret is lost.
pub(super) async fn create(
    cx: &mut Cx<Anaconda>,
    org: &Org,
    plan: &ServiceAccount,
    name: &str,
) -> Result<NewServiceAccount> {
    let _alone = cx.client()?.names.lock(name).await;
    // Taken anew, so that what is new afterwards came within this very moment.
    org.refresh_service_accounts().await;
    let accounts = org.service_accounts().await?;
    if let Some(taken) = accounts.iter().find(|account| account.name == name) {
        return Err(name_is_taken(taken).into());
    }
    let before: BTreeSet<_> = accounts.iter().map(|account| account.client_id.clone()).collect();
    let mut tries = 0;
    loop {
        let lost = match org.create_service_account(name).await {
            Err(lost) if lost.outcome_unknown() => lost,
            made => return Ok(made?),
        };
        match appeared(org, name, &before, &lost).await?.as_slice() {
            [] => {}
            // Nobody else makes an account whose name ends in our random characters.
            [one] if plan.name_prefix.is_some() => remove(org, &one.client_id).await?,
            [one] => {
                let state = ServiceAccount {
                    client_secret: Attr::Null,
                    name_prefix: plan.name_prefix.clone(),
                    keepers: plan.keepers.clone(),
                    hide_client_secret: plan.hide_client_secret,
                    ..ServiceAccount::found(one)
                };
                cx.keep(&state)?;
                return Err(secret_is_lost(one, &lost).into());
            }
            many => return Err(which_one(name, &lost, many).into()),
        }
        if tries >= org.max_retries() {
            return Err(was_not_made(&called(name), &lost).into());
        }
        tries += 1;
    }
}

/// The accounts of this name that a lost request may have made.
async fn appeared(
    org: &Org,
    name: &str,
    before: &BTreeSet<ClientId>,
    lost: &Error,
) -> Result<Vec<client::ServiceAccount>> {
    let unknown = |looked: Option<&Error>| cannot_look(&called(name), lost, looked, CHECK);
    let mut looks = org.looks();
    while looks.next().await {
        org.refresh_service_accounts().await;
        let accounts = org.service_accounts().await.map_err(|failure| unknown(Some(&failure)))?;
        let is_new = |account: &&client::ServiceAccount| {
            account.name == name && !before.contains(&account.client_id)
        };
        let new: Vec<_> = accounts.iter().filter(is_new).cloned().collect();
        if !new.is_empty() {
            return Ok(new);
        }
    }
    if looks.were_stopped() { Err(unknown(None).into()) } else { Ok(Vec::new()) }
}

async fn remove(org: &Org, id: &ClientId) -> Result<()> {
    match org.delete_service_account(id).await {
        Err(error) if error.is_not_found() => Ok(()),
        deleted => Ok(deleted?),
    }
}

const CHECK: &str = "Look at the organization's service accounts. If there is one of this name, nobody \
                     has its secret: delete it, unless another run made it; then apply again.";

fn called(name: &str) -> String {
    format!("service account \"{name}\"")
}

fn secret_is_lost(one: &client::ServiceAccount, lost: &Error) -> Diagnostic {
    Diagnostic::error(
        "A service account was made, and its secret is lost",
        format!(
            "The answer about service account \"{}\" was lost: {lost}. The account appeared at that \
             moment, as {}; Anaconda shows a secret once, so nobody has it. Terraform keeps the \
             account as tainted: the next apply deletes exactly this one and makes another. Should \
             another run have made it just then, take it out of this state first (terraform state rm).",
            one.name, one.client_id
        ),
    )
}

fn which_one(name: &str, lost: &Error, all: &[client::ServiceAccount]) -> Diagnostic {
    let ids: Vec<_> = all.iter().map(|account| account.client_id.as_str()).collect();
    let resolve = "Delete those whose secret nobody has, and apply again.";
    several(&called(name), lost, &ids, resolve)
}
