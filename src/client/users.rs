//! Requests that list, add, and remove users of the organization.
//!
//! API facts: Organization Management API 1.0.0, operations `list_users`, `add_user`, and
//! `remove_user`. No request reads one user, so all reads use one cached list.

use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use super::journal::{Fact, Object};
use super::request::HttpMethod;
use super::user::is_unknown_product;
use super::user_index::Users;
use super::{Error, Grant, Org, Role, User, UserId};

/// User to add. Without `email` it becomes a managed user, and the two names describe its purpose.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct NewUser<'a> {
    /// Email address of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<&'a str>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<&'a str>,
}

/// Response to adding a user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AddedUser {
    /// UUID of the user.
    pub id: UserId,
    /// Email address, if the API returns one.
    #[serde(default)]
    pub email: Option<String>,
    /// First name, if the API returns one.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Last name, if the API returns one.
    #[serde(default)]
    pub last_name: Option<String>,
}

impl Org {
    /// Returns all users. The list is requested once, shared by all callers, and kept up to date by
    /// this run's own writes. [`Org::refresh_users`] invalidates it. `None`: this deployment cannot
    /// list users.
    ///
    /// Holding the result while users are added costs a copy of it. To find one user,
    /// [`Org::user_by_id`] and [`Org::user_by_email`] are cheaper.
    ///
    /// # Errors
    /// Returns [`Error::EmptyOrganization`] if the list is empty, or [`Error::Unreadable`] if it is
    /// incomplete.
    ///
    /// Source: Organization Management API 1.0.0, operation `list_users`.
    pub async fn users(&self) -> Result<Option<Arc<Users>>, Error> {
        self.inner.users.get(&self.inner.journal, || self.list_users(false)).await
    }

    /// Returns all users, if they are cached. Sends no request.
    #[must_use]
    pub fn users_so_far(&self) -> Option<Arc<Users>> {
        self.inner.users.cached()
    }

    /// Returns all users with their groups. Sends a new request each time. `None`: see
    /// [`Org::users`].
    ///
    /// # Errors
    /// As [`Org::users`].
    pub async fn users_with_groups(&self) -> Result<Option<Users>, Error> {
        let requested = Instant::now();
        let mut listed = self.list_users(true).await?;
        if let Some(users) = &mut listed {
            self.inner.journal.overlay(users, requested);
        }
        Ok(listed)
    }

    /// Invalidates the cached list: the next caller requests a new one, even if a request is
    /// pending.
    pub fn refresh_users(&self) {
        self.inner.users.invalidate();
    }

    /// Returns one user from the cached list. `None`: the user does not exist.
    ///
    /// # Errors
    /// As [`Org::users`], or returns [`Error::NoSuchListing`] if this deployment cannot list users.
    pub async fn user_by_id(&self, id: &UserId) -> Result<Option<Arc<User>>, Error> {
        self.look_up(|users| users.shared_by_id(id).cloned()).await
    }

    /// Returns one user by email address, ignoring case. `None`: the user does not exist.
    ///
    /// # Errors
    /// As [`Org::user_by_id`].
    pub async fn user_by_email(&self, email: &str) -> Result<Option<Arc<User>>, Error> {
        self.look_up(|users| users.shared_by_email(email).cloned()).await
    }

    /// Adds a user: `POST .../users`, which returns the new user.
    ///
    /// It is not documented whether the API rejects the email address of an existing member, so
    /// callers must check first. Sent at most once. If the outcome is unknown, the cached list is
    /// invalidated, so that a new list shows the result.
    ///
    /// # Errors
    /// Returns [`Error::Api`] with status 422 if the email address or a name is invalid; see also
    /// [`Error::outcome_unknown`].
    ///
    /// Source: Organization Management API 1.0.0, operation `add_user`.
    pub async fn add_user(&self, new: &NewUser<'_>) -> Result<AddedUser, Error> {
        let call = self.call(HttpMethod::Post, &["users"])?.json(new)?;
        let added: AddedUser =
            self.read(Grant::ServiceAccount, call).await.inspect_err(|error| {
                if error.outcome_unknown() {
                    self.refresh_users();
                }
            })?;
        let user = Arc::new(User {
            id: added.id.clone(),
            email: added.email.clone().or_else(|| new.email.map(str::to_owned)),
            first_name: added.first_name.clone(),
            last_name: added.last_name.clone(),
            role: Role::Member,
            subscriptions: Vec::new(),
            groups: None,
        });
        self.record(&Object::User(added.id.clone()), &Fact::Added(user));
        Ok(added)
    }

    /// Removes a user from the organization: `DELETE .../users/{user}`, which returns 204.
    ///
    /// # Errors
    /// Returns [`Error::Api`] with status 404 if the user does not exist. After a retry this might
    /// mean that the first attempt succeeded. A 404 might also refer to another object, such as the
    /// organization. The status is 409 if something prevents the removal, such as a seat.
    ///
    /// Source: Organization Management API 1.0.0, operation `remove_user`.
    pub async fn remove_user(&self, user: &UserId) -> Result<(), Error> {
        let call = self.call(HttpMethod::Delete, &["users", user.as_str()])?;
        let removed = self.execute(Grant::ServiceAccount, call).await;
        self.note(&Object::User(user.clone()), &Fact::Removed, &removed);
        removed
    }

    /// Locks the creation of managed users with these names until the guard is dropped. To identify
    /// the new user, the list, the write, and the second list must not interleave with another
    /// creation.
    pub async fn lock_names(&self, new: &NewUser<'_>) -> OwnedMutexGuard<()> {
        let names = [new.first_name, new.last_name].map(Option::unwrap_or_default);
        self.inner.locks.take(&format!("managed user {names:?}")).await
    }

    /// Locks the creation of a user with this email address, ignoring case, until the guard is
    /// dropped.
    pub async fn lock_email(&self, email: &str) -> OwnedMutexGuard<()> {
        self.inner.locks.take(&format!("person {}", email.to_lowercase())).await
    }

    async fn list_users(&self, with_groups: bool) -> Result<Option<Users>, Error> {
        /// Parsed directly into its `Arc`, so that a record is never in memory twice.
        #[derive(Deserialize)]
        #[serde(from = "User")]
        struct Listed(Arc<User>);

        impl From<User> for Listed {
            fn from(user: User) -> Self {
                Self(Arc::new(user))
            }
        }

        let call = self.call(HttpMethod::Get, &["users"])?.query("include_groups", with_groups);
        match self.list::<Listed>(Grant::ServiceAccount, call).await? {
            Some(users) if users.is_empty() => Err(Error::EmptyOrganization),
            listed => {
                let users: Option<Users> =
                    listed.map(|users| users.into_iter().map(|Listed(user)| user).collect());
                if let Some(users) = &users {
                    self.log_unknown_products(users);
                }
                Ok(users)
            }
        }
    }

    /// Logs unknown product codes: they count as seats, and might not be.
    fn log_unknown_products(&self, users: &Users) {
        let mut named = self.inner.products_named.lock().unwrap_or_else(PoisonError::into_inner);
        for product in users.iter().flat_map(|user| &user.subscriptions) {
            if is_unknown_product(product) && named.insert(product.clone()) {
                tracing::info!(product, "an unknown product code counts as a seat");
            }
        }
    }

    async fn look_up<T>(&self, find: impl Fn(&Users) -> Option<T>) -> Result<Option<T>, Error> {
        loop {
            if let Some(found) = self.inner.users.peek(&find) {
                return Ok(found);
            }
            if self.users().await?.is_none() {
                return Err(Error::NoSuchListing { what: "users" });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Group;
    use super::super::testing::*;
    use super::*;

    const USERS: &str = "GET ./users?include_groups=false";

    #[tokio::test]
    async fn concurrent_lookups_share_one_list() {
        let server = Server::signed_in([on(USERS, 200, &json!({"items": [listed(1)]}))]).await;
        let org = server.org();
        let one = user_id(1);
        let (a, b, c) =
            tokio::join!(org.users(), org.user_by_id(&one), org.user_by_email("USER1@example.com"));
        assert!(Arc::ptr_eq(&a.unwrap().unwrap(), &org.users().await.unwrap().unwrap()));
        assert_eq!(b.unwrap(), c.unwrap());
        assert!(org.user_by_id(&user_id(2)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn user_added_during_list_request_is_listed() {
        let (listing, release) = on(USERS, 200, &json!({"items": [listed(1)]})).held();
        let answer = json!({"id": user_id(2), "email": "new@example.com", "first_name": null});
        let server = Server::signed_in([listing, on("POST ./users", 200, &answer)]).await;
        let org = server.org();
        let (users, added) = tokio::join!(org.users(), async {
            server.wait_for(2).await;
            let new = NewUser { email: Some("New@example.com"), ..NewUser::default() };
            let added = org.add_user(&new).await;
            release.send(()).unwrap();
            added
        });
        assert_eq!(added.unwrap().id, user_id(2));
        assert!(users.unwrap().unwrap().by_email("new@EXAMPLE.com").is_some());
        let body: Value = serde_json::from_str(&server.seen()[2].body).unwrap();
        assert_eq!(body, json!({"email": "New@example.com"}));
    }

    #[tokio::test]
    async fn managed_user_is_added_by_name_without_tokens() {
        let answer = json!({"id": user_id(2)});
        let server = Server::signed_in([on("POST ./users", 200, &answer)]).await;
        let org = server.org();
        let new = NewUser { email: None, first_name: Some("CI"), last_name: Some("Server") };
        let added = org.add_user(&new).await.unwrap();
        assert_eq!((added.email, added.first_name), (None, None));
        let body: Value = serde_json::from_str(&server.seen()[1].body).unwrap();
        assert_eq!(body, json!({"first_name": "CI", "last_name": "Server"}));
        assert!(org.tokens(&added.id).await.unwrap().unwrap().is_empty());
    }

    #[tokio::test]
    async fn canceled_list_request_is_sent_again() {
        let (old, release) = on(USERS, 200, &json!({"items": [listed(1)]})).held();
        let new = on(USERS, 200, &json!({"items": [listed(1), listed(2)]}));
        let server = Server::signed_in([old, new]).await;
        let org = server.org();
        let (users, ()) = tokio::join!(org.users(), async {
            server.wait_for(2).await;
            org.refresh_users();
            release.send(()).unwrap();
        });
        assert_eq!(users.unwrap().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn uncertain_write_invalidates_list_of_users() {
        let server = Server::signed_in([
            on(USERS, 200, &json!({"items": [listed(1)]})),
            on("POST ./users", 504, &Value::Null),
            on(USERS, 200, &json!({"items": [listed(1), listed(2)]})),
        ])
        .await;
        let org = server.org();
        assert!(org.user_by_id(&user_id(2)).await.unwrap().is_none());
        assert!(org.add_user(&NewUser::default()).await.unwrap_err().outcome_unknown());
        assert!(org.user_by_id(&user_id(2)).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn removed_user_is_unlisted_and_not_found_is_verified() {
        let gone = json!({"error": {"code": "not_found", "message": "User not found"}});
        let server = Server::signed_in([
            on(USERS, 200, &json!({"items": [listed(1), listed(2), listed(3)]})),
            on(&format!("DELETE ./users/{}", user_id(1)), 204, &Value::Null),
            on(&format!("DELETE ./users/{}", user_id(2)), 404, &gone),
            on(USERS, 200, &json!({"items": [listed(1), listed(3)]})),
        ])
        .await;
        let org = server.org();
        org.users().await.unwrap();
        org.remove_user(&user_id(1)).await.unwrap();
        assert_eq!(org.users().await.unwrap().unwrap().len(), 2);
        assert!(org.remove_user(&user_id(2)).await.unwrap_err().is_not_found());
        // The list response still contains the first user, but this run's own removal applies.
        assert_eq!(org.users().await.unwrap().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn groups_are_requested_only_when_needed() {
        let mut grouped = listed(1);
        grouped["groups"] = json!([{"id": "g1", "name": "Data", "user_count": 3}]);
        let all = json!({"items": [grouped]});
        let server = Server::signed_in([on("GET ./users?include_groups=true", 200, &all)]).await;
        let users = server.org().users_with_groups().await.unwrap().unwrap();
        let groups = users.by_id(&user_id(1)).unwrap().groups.clone().unwrap();
        assert_eq!(groups, [Group { id: "g1".into(), name: "Data".into() }]);
    }
}
