//! The calls that list, add and remove users of the organization.
//!
//! API facts: Organization Management API 1.0.0, operations `list_users`, `add_user` and
//! `remove_user`. No call reads one user, so all reading goes through one shared listing.

use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use super::journal::{Fact, Object};
use super::request::HttpMethod;
use super::user::is_unknown_product;
use super::user_index::Users;
use super::{Error, Grant, Org, Role, User, UserId};

/// A user to add. Without `email` it becomes an organization-managed user, named after its purpose
/// by the other two.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct NewUser<'a> {
    /// Address of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<&'a str>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<&'a str>,
}

/// The answer to adding a user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AddedUser {
    /// The user's UUID.
    pub id: UserId,
    /// Address, if the API gave one.
    #[serde(default)]
    pub email: Option<String>,
    /// First name, if the API knows one.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Last name, if the API knows one.
    #[serde(default)]
    pub last_name: Option<String>,
}

impl Org {
    /// All users. The listing is fetched once, shared by all who ask, and kept true by our own
    /// writes; [`Org::refresh_users`] drops it. `None`: this deployment cannot list users.
    ///
    /// Holding the result while users are added costs a copy of it; to look for one user,
    /// [`Org::user_by_id`] and [`Org::user_by_email`] are cheaper.
    ///
    /// # Errors
    /// [`Error::EmptyOrganization`]; [`Error::Unreadable`] when the listing is cut short.
    ///
    /// Source: Organization Management API 1.0.0, operation `list_users`.
    pub async fn users(&self) -> Result<Option<Arc<Users>>, Error> {
        self.inner.users.get(&self.inner.journal, || self.list_users(false)).await
    }

    /// All users, if they are cached. Makes no request.
    #[must_use]
    pub fn users_so_far(&self) -> Option<Arc<Users>> {
        self.inner.users.cached()
    }

    /// All users with their groups. Fetched anew at each call. `None`: see [`Org::users`].
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

    /// Drops the shared listing: the next to ask fetches a new one, even if one is on its way.
    pub fn refresh_users(&self) {
        self.inner.users.invalidate();
    }

    /// One user, from the shared listing. `None`: no such user.
    ///
    /// # Errors
    /// As [`Org::users`], and [`Error::NoSuchListing`] where users cannot be listed.
    pub async fn user_by_id(&self, id: &UserId) -> Result<Option<Arc<User>>, Error> {
        self.look_up(|users| users.shared_by_id(id).cloned()).await
    }

    /// One user by address, ignoring case. `None`: no such user.
    ///
    /// # Errors
    /// As [`Org::user_by_id`].
    pub async fn user_by_email(&self, email: &str) -> Result<Option<Arc<User>>, Error> {
        self.look_up(|users| users.shared_by_email(email).cloned()).await
    }

    /// Adds a user: `POST .../users`, answered with the new user.
    ///
    /// Whether an address that is a member already is refused is not documented: look first. Sent
    /// at most once; when its outcome is unknown, the shared listing is dropped, so that looking
    /// again shows the truth.
    ///
    /// # Errors
    /// [`Error::Api`] 422 for an address or name that does not pass; [`Error::outcome_unknown`].
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

    /// Removes a user from the organization: `DELETE .../users/{user}`, answered 204.
    ///
    /// # Errors
    /// [`Error::Api`]: 404 no such user, which after a repetition may mean that the first attempt
    /// succeeded, or that something else is not found, such as the organization; 409 something stands in the way, such as a seat.
    ///
    /// Source: Organization Management API 1.0.0, operation `remove_user`.
    pub async fn remove_user(&self, user: &UserId) -> Result<(), Error> {
        let call = self.call(HttpMethod::Delete, &["users", user.as_str()])?;
        let removed = self.execute(Grant::ServiceAccount, call).await;
        self.note(&Object::User(user.clone()), &Fact::Removed, &removed);
        removed
    }

    /// Keeps others away from adding a managed user of these names until the guard is dropped:
    /// telling which one is new takes a listing, a write and another listing that belong together.
    pub async fn lock_names(&self, new: &NewUser<'_>) -> OwnedMutexGuard<()> {
        let names = [new.first_name, new.last_name].map(Option::unwrap_or_default);
        self.inner.locks.take(&format!("managed user {names:?}")).await
    }

    /// Keeps others away from adding a person of this address, in any case, until the guard is dropped.
    pub async fn lock_email(&self, email: &str) -> OwnedMutexGuard<()> {
        self.inner.locks.take(&format!("person {}", email.to_lowercase())).await
    }

    async fn list_users(&self, with_groups: bool) -> Result<Option<Users>, Error> {
        /// Where it stays, so that a record is never in memory twice.
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

    /// Names the products that nobody has told this client of: they count as seats, and might not be.
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
        // The fetched listing is late for the first: our own removal shows all the same.
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
