//! Addition of a user, including recovery from a lost response: see [`crate::resources::recovery`].

use std::collections::HashSet;
use std::result::Result as StdResult;

use crate::client::{self, AddedUser, Error, NewUser, Object, Org, UserId, Users};
use crate::provider_data::{ProviderData, cause};
use crate::resources::lookup::import_block;
use crate::resources::recovery::{CreateAttempts, Creation, create_or_find, unknown_outcome};
use crate::tf_provider::prelude::*;

/// Adds a user. The caller has checked that no member has the email address.
///
/// # Errors
/// Returns an error if the API rejects the request, or if a response was lost and the outcome stays
/// unknown.
pub(super) async fn add(
    cx: &mut Context<ProviderData>,
    org: &Org,
    new: &NewUser<'_>,
) -> Result<AddedUser> {
    if let Some(email) = new.email {
        return create_or_find(org, Person { org, new, email }).await;
    }
    let _guard = org.lock_names(new).await;
    // Keep only the IDs: holding the list itself would force each write to copy it.
    let before: Option<HashSet<UserId>> = org
        .users()
        .await?
        .map(|users| with_same_name(&users, new).map(|user| user.id.clone()).collect());
    let foreign = before.iter().flatten().filter(|id| !is_created_by_this_run(org, id));
    let foreign: Vec<_> = foreign.map(UserId::as_str).collect();
    if !foreign.is_empty() {
        cx.warn(possible_leftovers(new, &foreign));
    }
    create_or_find(org, Managed { cx, org, new, before }).await
}

/// A person: the email address shows whether the request was processed.
struct Person<'a> {
    org: &'a Org,
    new: &'a NewUser<'a>,
    email: &'a str,
}

impl Creation for Person<'_> {
    type Made = AddedUser;
    type Found = client::User;

    async fn send(&mut self) -> StdResult<AddedUser, Error> {
        let sent = self.org.add_user(self.new).await;
        if sent.as_ref().is_err_and(Error::is_conflict) {
            // The list might not show whose address it is. A resource of this run that removes that
            // person would remove the user whom this resource asks for.
            let _ = self.org.note_refused(Object::Person(self.email.to_lowercase()));
        }
        sent
    }

    async fn find(&self) -> StdResult<Option<Vec<client::User>>, Error> {
        listed(self.org, |users| users.by_email(self.email).into_iter().cloned().collect()).await
    }

    async fn settle(
        &mut self,
        found: Vec<client::User>,
        _: &Error,
        _: &CreateAttempts,
    ) -> Result<Option<AddedUser>> {
        let user = found.first();
        if let Some(user) = user {
            // No other resource of this run can claim the user: it would need the lock of the
            // address.
            let _ = self.org.claim(Object::User(user.id.clone()));
        }
        Ok(user.map(as_added))
    }

    fn unknown_outcome(&self, error: &Error, no_list: Option<&Error>) -> Diagnostic {
        let check = "Apply again. If the user was added, the apply returns an error with the `import` block. If \
                     this deployment uses the legacy API, first check the members on the organization's \
                     page, and import or remove the user by its UUID.";
        unknown_outcome(&format!("User {}", self.email), error, no_list, check).at("email")
    }
}

/// A managed user: users of the same names that were not there before show whether the request was
/// processed.
struct Managed<'a> {
    cx: &'a mut Context<ProviderData>,
    org: &'a Org,
    new: &'a NewUser<'a>,
    /// The users of the same names before the request, or `None` if users cannot be listed.
    before: Option<HashSet<UserId>>,
}

impl Creation for Managed<'_> {
    type Made = AddedUser;
    type Found = client::User;

    async fn send(&mut self) -> StdResult<AddedUser, Error> {
        self.org.add_user(self.new).await
    }

    async fn find(&self) -> StdResult<Option<Vec<client::User>>, Error> {
        let Some(before) = &self.before else { return Ok(None) };
        let is_new = |user: &&client::User| {
            !before.contains(&user.id) && !is_created_by_this_run(self.org, &user.id)
        };
        listed(self.org, |users| with_same_name(users, self.new).filter(is_new).cloned().collect())
            .await
    }

    async fn settle(
        &mut self,
        found: Vec<client::User>,
        error: &Error,
        _: &CreateAttempts,
    ) -> Result<Option<AddedUser>> {
        match found.as_slice() {
            [one] if self.org.claim(Object::User(one.id.clone())).is_ok() => {
                self.cx.warn(assumed_created(self.new, one));
                Ok(Some(as_added(one)))
            }
            several => Err(ambiguous(self.new, several, error).into()),
        }
    }

    fn unknown_outcome(&self, error: &Error, no_list: Option<&Error>) -> Diagnostic {
        let check = "Before you apply again, check the members on the organization's page. If a managed user \
                     with this name is in no Terraform state, this request created it: import it by its \
                     UUID, or remove it.";
        unknown_outcome(&format!("Managed user {}", label(self.new)), error, no_list, check)
    }
}

fn is_created_by_this_run(org: &Org, id: &UserId) -> bool {
    org.is_claimed(&Object::User(id.clone()))
}

/// Returns what a fresh list shows, or `None` if users cannot be listed.
async fn listed(
    org: &Org,
    find: impl Fn(&Users) -> Vec<client::User>,
) -> StdResult<Option<Vec<client::User>>, Error> {
    org.refresh_users();
    Ok(org.users().await?.map(|users| find(&users)))
}

fn with_same_name<'a>(
    users: &'a Users,
    new: &NewUser<'_>,
) -> impl Iterator<Item = &'a client::User> {
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

fn label(new: &NewUser<'_>) -> String {
    let names: Vec<_> = [new.first_name, new.last_name].into_iter().flatten().collect();
    format!("\"{}\"", names.join(" "))
}

fn assumed_created(new: &NewUser<'_>, user: &client::User) -> Diagnostic {
    Diagnostic::warning(
        "Managed user adopted after a lost response",
        format!(
            "Terraform now manages user {} ({}). The response to its creation was lost, and one new user \
             with this name exists. If another run added a user with the same name at the same time, \
             compare the IDs in both states.",
            label(new),
            user.id
        ),
    )
}

fn ambiguous(new: &NewUser<'_>, found: &[client::User], error: &Error) -> Diagnostic {
    let ids: Vec<_> = found.iter().map(|user| user.id.as_str()).collect();
    let block = import_block(super::User::NAME, ids.first().copied().unwrap_or_default());
    Diagnostic::error(
        "Multiple new managed users found",
        format!(
            "Multiple new managed users {} exist, and the provider cannot determine which one this run \
             created: {}.\n\nImport the user that is in no Terraform state, with its ID in this block. \
             Remove the users that you do not need:\n\n{block}\n\n{}",
            label(new),
            ids.join(", "),
            cause(error)
        ),
    )
}

fn possible_leftovers(new: &NewUser<'_>, ids: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Managed users with the same name exist",
        format!(
            "This run adds another managed user {}, in addition to those that exist: {}. If one of them was \
             created by an interrupted run and is in no Terraform state, import it by its ID, or remove \
             it.",
            label(new),
            ids.join(", ")
        ),
    )
}
