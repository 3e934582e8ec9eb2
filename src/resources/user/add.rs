//! Adding a user, also when the answer is lost: see [`crate::resources::recovery`].

use std::collections::HashSet;

use crate::anaconda::Anaconda;
use crate::client::{self, AddedUser, Error, NewUser, Object, Org, UserId, Users};
use crate::resources::lookup::import_block;
use crate::resources::recovery::{Sends, untold};
use crate::tf_provider::prelude::*;

/// Adds a user. The caller has made sure that no member has the address.
///
/// # Errors
/// The API refuses; or an answer was lost and nobody can tell what became of the request.
pub(super) async fn add(cx: &mut Cx<Anaconda>, org: &Org, new: &NewUser<'_>) -> Result<AddedUser> {
    match new.email {
        Some(email) => person(org, new, email).await,
        None => managed(cx, org, new).await,
    }
}

/// A person: the address tells whether the request was carried out.
async fn person(org: &Org, new: &NewUser<'_>, email: &str) -> Result<AddedUser> {
    let mut sends = Sends::new(org);
    loop {
        let error = match org.add_user(new).await {
            Err(error) if sends.leaves_open(&error) => error,
            added => return Ok(added?),
        };
        let find = |users: &Users| users.by_email(email).into_iter().cloned().collect();
        match look(org, find).await {
            Ok(Some(found)) => {
                if let Some(user) = found.first() {
                    tracing::info!(id = %user.id, "the user is there, though the answer was lost");
                    return Ok(as_added(user));
                }
                sends.again(org, error)?;
            }
            Ok(None) => return Err(person_untold(email, &error, None).into()),
            Err(no_look) => return Err(person_untold(email, &error, Some(&no_look)).into()),
        }
    }
}

/// A managed user: those of the same names that were not there before tell.
async fn managed(cx: &mut Cx<Anaconda>, org: &Org, new: &NewUser<'_>) -> Result<AddedUser> {
    let _alone = org.lock_names(new).await;
    // Kept short: to hold the listing itself would make each write copy it.
    let before: Option<HashSet<UserId>> = org
        .users()
        .await?
        .map(|users| same_names(&users, new).map(|user| user.id.clone()).collect());
    let foreign =
        before.iter().flatten().filter(|id| !org.is_claimed(&Object::User((*id).clone())));
    let foreign: Vec<_> = foreign.map(UserId::as_str).collect();
    if !foreign.is_empty() {
        cx.warn(maybe_left_over(new, &foreign));
    }
    let mut sends = Sends::new(org);
    loop {
        let error = match org.add_user(new).await {
            Err(error) if sends.leaves_open(&error) => error,
            added => return Ok(added?),
        };
        let Some(before) = &before else { return Err(managed_untold(new, &error, None).into()) };
        let is_new = |user: &&client::User| {
            !before.contains(&user.id) && !org.is_claimed(&Object::User(user.id.clone()))
        };
        let find = |users: &Users| same_names(users, new).filter(is_new).cloned().collect();
        match look(org, find).await {
            Ok(Some(found)) => match found.as_slice() {
                [] => sends.again(org, error)?,
                [one] if org.claim(Object::User(one.id.clone())).is_ok() => {
                    cx.warn(taken_for_ours(new, one));
                    return Ok(as_added(one));
                }
                several => return Err(cannot_tell(new, several, &error).into()),
            },
            Ok(None) => return Err(managed_untold(new, &error, None).into()),
            Err(no_look) => return Err(managed_untold(new, &error, Some(&no_look)).into()),
        }
    }
}

/// Looks until `find` finds something, or all looks are taken. `None`: there is no listing.
async fn look(
    org: &Org,
    find: impl Fn(&Users) -> Vec<client::User>,
) -> std::result::Result<Option<Vec<client::User>>, Error> {
    let find = &find;
    let look = || async move {
        org.refresh_users();
        Ok(org.users().await?.map(|users| find(&users)))
    };
    org.look_until(look, |seen| seen.as_ref().is_none_or(|found| !found.is_empty())).await
}

fn same_names<'a>(users: &'a Users, new: &NewUser<'_>) -> impl Iterator<Item = &'a client::User> {
    let wanted =
        [new.first_name, new.last_name].map(|name| name.unwrap_or_default().trim().to_owned());
    users.iter().filter(move |user| {
        let has = [&user.first_name, &user.last_name]
            .map(|name| name.as_deref().unwrap_or_default().trim().to_owned());
        user.looks_managed() && has == wanted
    })
}

fn as_added(user: &client::User) -> AddedUser {
    AddedUser {
        id: user.id.clone(),
        email: user.email.clone(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
    }
}

fn called(new: &NewUser<'_>) -> String {
    let names: Vec<_> = [new.first_name, new.last_name].into_iter().flatten().collect();
    format!("\"{}\"", names.join(" "))
}

fn person_untold(email: &str, error: &Error, no_look: Option<&Error>) -> Diagnostic {
    let check = "Apply again. If the user was added, Terraform finds a member of this address then, \
                 and shows how to import it. Where this deployment cannot list users, look at the \
                 members on the organization's page first, and import or remove the user by its UUID.";
    untold(&format!("The user {email}"), error, no_look, check).at("email")
}

fn managed_untold(new: &NewUser<'_>, error: &Error, no_look: Option<&Error>) -> Diagnostic {
    let check = "Look at the members on the organization's page before you apply again: a managed \
                 user of these names that is in no Terraform state is the one that this request made. \
                 Import it by its UUID, or remove it.";
    untold(&format!("The managed user {}", called(new)), error, no_look, check)
}

fn taken_for_ours(new: &NewUser<'_>, user: &client::User) -> Diagnostic {
    Diagnostic::warning(
        "A managed user was found after its answer was lost",
        format!(
            "User {} ({}) is managed by Terraform from now on: the answer to adding it was lost, and \
             one user of these names has appeared since. If another run added one of the same names \
             at this very moment, compare the ids in both states.",
            called(new),
            user.id
        ),
    )
}

fn cannot_tell(new: &NewUser<'_>, found: &[client::User], error: &Error) -> Diagnostic {
    let ids: Vec<_> = found.iter().map(|user| user.id.as_str()).collect();
    let block = import_block(super::User::NAME, ids.first().copied().unwrap_or_default());
    Diagnostic::error(
        "Several managed users of the same names have appeared",
        format!(
            "These managed users {} exist now, and which of them this run made cannot be told: {}. \
             The reason: {error}.\n\nImport the one that is in no Terraform state, with its own id in \
             this block, and remove those that nobody needs:\n\n{block}",
            called(new),
            ids.join(", ")
        ),
    )
}

fn maybe_left_over(new: &NewUser<'_>, ids: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Managed users of the same names exist",
        format!(
            "Another managed user {} is added beside those that exist: {}. If one of them is left over \
             from a run that was killed, so that it is in no Terraform state, import it by its id or \
             remove it.",
            called(new),
            ids.join(", ")
        ),
    )
}
