//! Adding a user, and finding out what became of it when the answer was lost.

use std::collections::BTreeSet;

use super::{User, same_name};
use crate::anaconda::Anaconda;
use crate::client::{self, AddedUser, Error, NewUser, Org, UserId, Users};
use crate::resources::lookup::import_block;
use crate::resources::recovery::{cannot_look, several, was_not_made};
use crate::tf_provider::prelude::*;

/// Adds the user of a plan whose address no member has.
///
/// # Errors
/// The API refuses, or nobody can tell what became of the request.
pub(super) async fn add(cx: &mut Cx<Anaconda>, org: &Org, plan: &User) -> Result<AddedUser> {
    let new = NewUser {
        email: plan.email.as_known().map(String::as_str),
        first_name: plan.first_name.as_known().map(String::as_str),
        last_name: plan.last_name.as_known().map(String::as_str),
    };
    let anaconda = cx.client()?;
    // Two managed users of the same names are told apart by when they came, so one after the other.
    let _alone = match new.email {
        None => Some(anaconda.names.lock(&key(&new)).await),
        Some(_) => None,
    };
    let before = match new.email {
        None => org.users().await?.map(|users| alike(&users, &new)).unwrap_or_default(),
        Some(_) => BTreeSet::new(),
    };
    let leftovers: Vec<_> = before.iter().filter(|id| !org.has_added(id)).collect();
    if !leftovers.is_empty() {
        cx.warn(may_be_leftovers(&new, &leftovers));
    }
    let mut tries = 0;
    loop {
        let lost = match org.add_user(&new).await {
            Err(lost) if lost.outcome_unknown() => lost,
            added => return Ok(added?),
        };
        match found(org, &new, &before, &lost).await? {
            Some(user) => {
                org.note_added(&user);
                return Ok(AddedUser {
                    id: user.id,
                    email: user.email.filter(|_| new.email.is_some()),
                    first_name: user.first_name,
                    last_name: user.last_name,
                });
            }
            None if tries < org.max_retries() => tries += 1,
            None => return Err(was_not_made(&called(&new), &lost).into()),
        }
    }
}

/// The user that a lost request has added; `None` when it has added none.
async fn found(
    org: &Org,
    new: &NewUser<'_>,
    before: &BTreeSet<UserId>,
    lost: &Error,
) -> Result<Option<client::User>> {
    let unknown = |looked: Option<&Error>| cannot_look(&called(new), lost, looked, CHECK);
    let mut looks = org.looks();
    while looks.next().await {
        org.refresh_users();
        let users = match org.users().await {
            Ok(Some(users)) => users,
            Ok(None) => return Err(unknown(None).into()),
            Err(failure) => return Err(unknown(Some(&failure)).into()),
        };
        if let Some(email) = new.email {
            if let Some(member) = users.by_email(email) {
                return Ok(Some(member.clone()));
            }
            continue;
        }
        let fresh: Vec<_> = alike(&users, new)
            .into_iter()
            .filter(|id| !before.contains(id) && !org.has_added(id))
            .collect();
        match fresh.as_slice() {
            [] => {}
            [one] => return Ok(users.by_id(one).cloned()),
            many => return Err(which_one(new, lost, many).into()),
        }
    }
    if looks.were_stopped() { Err(unknown(None).into()) } else { Ok(None) }
}

const CHECK: &str = "Look at the organization's members. If the user is there, import it; if not, \
                     apply again.";

/// The managed users that have exactly these names.
fn alike(users: &Users, new: &NewUser<'_>) -> BTreeSet<UserId> {
    let same = |ours: Option<&str>, theirs: &Option<String>| {
        same_name(ours.map(str::to_owned).as_ref(), theirs.as_ref())
    };
    users
        .iter()
        .filter(|user| user.looks_managed())
        .filter(|user| {
            same(new.first_name, &user.first_name) && same(new.last_name, &user.last_name)
        })
        .map(|user| user.id.clone())
        .collect()
}

fn key(new: &NewUser<'_>) -> String {
    let name = |name: Option<&str>| name.unwrap_or_default().trim().to_owned();
    format!("{}\n{}", name(new.first_name), name(new.last_name))
}

/// How a message names a user who has no id yet.
fn called(new: &NewUser<'_>) -> String {
    match (new.email, new.first_name, new.last_name) {
        (Some(email), _, _) => format!("user {email}"),
        (None, Some(first), Some(last)) => format!("the managed user \"{first} {last}\""),
        (None, Some(name), _) | (None, _, Some(name)) => format!("the managed user \"{name}\""),
        (None, None, None) => "a managed user without a name".to_owned(),
    }
}

fn which_one(new: &NewUser<'_>, lost: &Error, ids: &[UserId]) -> Diagnostic {
    let ids: Vec<_> = ids.iter().map(UserId::as_str).collect();
    let import = import_block(User::NAME, "THE_ID");
    let resolve = format!("Import one of them, and remove those that no run manages:\n\n{import}");
    several(&called(new), lost, &ids, &resolve)
}

fn may_be_leftovers(new: &NewUser<'_>, ids: &[&UserId]) -> Diagnostic {
    let ids: Vec<_> = ids.iter().map(|id| id.as_str()).collect();
    let import = import_block(User::NAME, ids.first().copied().unwrap_or_default());
    Diagnostic::warning(
        "A managed user of the same names is there already",
        format!(
            "This run makes {}, and the organization has one of exactly these names: {}. If that is \
             meant, all is well. If an interrupted run left it behind, remove it, or manage it in \
             place of a new one:\n\n{import}",
            called(new),
            ids.join(", ")
        ),
    )
}
