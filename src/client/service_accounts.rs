//! Service accounts: identities for programs. Only these requests need an access token of an
//! organization admin.
//!
//! API facts: Organization Management API 1.0.0, operations `create_service_account`,
//! `list_service_accounts`, and `delete_service_account`. The guide shows the list as one object.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::OwnedMutexGuard;

use super::journal::{Fact, Object, Overlay};
use super::request::HttpMethod;
use super::{ClientId, Error, Grant, Org};
use super::{lenient, response};
use crate::secret::Secret;

/// Service account, without its client secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ServiceAccount {
    /// Name, 1 to 64 characters of `a-z 0-9 - _`. The API does not state that it is unique.
    pub name: String,
    /// Client ID for authentication, and the only key of the account.
    pub client_id: ClientId,
    /// Organization of the account, as the API names it. It might be the UUID although the
    /// configuration contains the slug. Only displayed.
    #[serde(default, deserialize_with = "lenient::text")]
    pub org_id: String,
}

/// Response to creating a service account. Only this response contains the client secret.
#[derive(Clone, Debug, Deserialize)]
pub struct NewServiceAccount {
    /// Requested name.
    pub name: String,
    /// Client ID for authentication.
    pub client_id: ClientId,
    /// Organization of the account: see [`ServiceAccount::org_id`].
    #[serde(default, deserialize_with = "lenient::text")]
    pub org_id: String,
    /// Client secret for authentication.
    pub client_secret: Secret,
}

impl Overlay for Vec<ServiceAccount> {
    fn overlay(&mut self, object: &Object, fact: &Fact) {
        let Object::Account(id) = object else { return };
        match fact {
            Fact::Created(account) if self.iter().all(|it| it.client_id != *id) => {
                self.push(account.clone());
            }
            Fact::Removed => self.retain(|it| it.client_id != *id),
            _ => {}
        }
    }
}

#[derive(Serialize)]
struct Request<'a> {
    name: &'a str,
}

impl Org {
    /// Returns all service accounts: `GET .../service-accounts`. Requested once, and kept up to
    /// date by this run's own writes. The list can be empty.
    ///
    /// # Errors
    /// Returns [`Error::NoSuchListing`] if the URL is wrong, because every deployment has this
    /// list.
    ///
    /// Source: Organization Management API 1.0.0, operation `list_service_accounts`.
    pub async fn service_accounts(&self) -> Result<Arc<Vec<ServiceAccount>>, Error> {
        let fetch = || async {
            let call = self.call(HttpMethod::Get, &["service-accounts"])?;
            let mut listed = self.list::<ServiceAccount>(Grant::Admin, call).await?;
            for account in listed.iter_mut().flatten() {
                self.name_organization(&mut account.org_id);
            }
            Ok(listed)
        };
        let listed = self.inner.accounts.get(&self.inner.journal, fetch).await?;
        listed.ok_or(Error::NoSuchListing { what: "service accounts" })
    }

    /// Sets the configured organization if the response does not name one.
    fn name_organization(&self, named: &mut String) {
        if let (true, Ok(ours)) = (named.is_empty(), self.organization()) {
            ours.as_str().clone_into(named);
        }
    }

    /// Invalidates the cached list: the next caller requests a new one.
    pub fn refresh_service_accounts(&self) {
        self.inner.accounts.invalidate();
    }

    /// Locks the creation of accounts with this name until the guard is dropped. To identify the
    /// new account, the list, the write, and the second list must not interleave with another
    /// creation.
    pub async fn lock_service_account(&self, name: &str) -> OwnedMutexGuard<()> {
        self.inner.locks.take(&format!("service account {name}")).await
    }

    /// Creates a service account: `POST .../service-accounts`, which returns its client secret.
    ///
    /// Sent at most once. If the outcome is unknown, the cached list is invalidated. A new list
    /// shows whether an account was created whose client secret was lost.
    ///
    /// # Errors
    /// Returns [`Error::Api`] with status 422 if the name is invalid; see also
    /// [`Error::outcome_unknown`].
    ///
    /// Source: Organization Management API 1.0.0, operation `create_service_account`.
    pub async fn create_service_account(&self, name: &str) -> Result<NewServiceAccount, Error> {
        let call = self.call(HttpMethod::Post, &["service-accounts"])?.json(&Request { name })?;
        let created = match self.send(Grant::Admin, &call).await {
            Ok(answer) => {
                response::read_secret::<NewServiceAccount>(&call, &answer).map(|mut new| {
                    self.name_organization(&mut new.org_id);
                    new
                })
            }
            Err(e) => Err(e),
        };
        match &created {
            Ok(new) => {
                self.inner.known.add(&new.client_secret);
                let account = ServiceAccount {
                    name: new.name.clone(),
                    client_id: new.client_id.clone(),
                    org_id: new.org_id.clone(),
                };
                self.record(&Object::Account(new.client_id.clone()), &Fact::Created(account));
            }
            Err(e) if e.outcome_unknown() => self.refresh_service_accounts(),
            Err(_) => {}
        }
        created
    }

    /// Deletes a service account: `DELETE .../service-accounts/{client_id}`, which returns 204.
    ///
    /// # Errors
    /// Returns [`Error::Api`] with status 404 if the account does not exist.
    ///
    /// Source: Organization Management API 1.0.0, operation `delete_service_account`.
    pub async fn delete_service_account(&self, id: &ClientId) -> Result<(), Error> {
        let call = self.call(HttpMethod::Delete, &["service-accounts", id.as_str()])?;
        let deleted = self.execute(Grant::Admin, call).await;
        self.note(&Object::Account(id.clone()), &Fact::Removed, &deleted);
        deleted
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::*;
    use super::*;

    const LIST: &str = "GET ./service-accounts";

    fn account(name: &str) -> Value {
        json!({"name": name, "client_id": format!("id-of-{name}"), "org_id": "acme"})
    }

    async fn server(script: impl IntoIterator<Item = Exchange>) -> Server {
        Server::start(std::iter::once(sign_in(ADMIN_BEARER, 900)).chain(script)).await
    }

    async fn names(org: &Org) -> Vec<String> {
        org.service_accounts().await.unwrap().iter().map(|it| it.name.clone()).collect()
    }

    #[tokio::test]
    async fn service_account_list_is_read_in_three_formats() {
        let list = json!({"items": [account("one")]});
        for form in [list, json!([account("one")]), account("one")] {
            let server = server([on(LIST, 200, &form)]).await;
            assert_eq!(names(&server.org()).await, ["one"], "{form}");
        }
        for empty in [json!({"items": []}), json!([])] {
            let server = server([on(LIST, 200, &empty)]).await;
            assert!(names(&server.org()).await.is_empty(), "{empty}");
        }
    }

    #[tokio::test]
    async fn own_writes_appear_in_cached_list() {
        let mut created = account("two");
        created["client_secret"] = json!("secret-of-two");
        let server = server([
            on(LIST, 200, &json!({"items": [account("one")]})),
            on("POST ./service-accounts", 200, &created),
            on("DELETE ./service-accounts/id-of-one", 204, &Value::Null),
        ])
        .await;
        let org = server.org();
        assert_eq!(names(&org).await, ["one"]);
        let new = org.create_service_account("two").await.unwrap();
        assert_eq!(new.client_secret.expose(), "secret-of-two");
        assert!(!format!("{new:?}").contains("secret-of"));
        assert_eq!(names(&org).await, ["one", "two"]);
        org.delete_service_account(&ClientId::parse("id-of-one").unwrap()).await.unwrap();
        assert_eq!(names(&org).await, ["two"]);
        assert_eq!(server.seen()[2].body, r#"{"name":"two"}"#);
    }

    #[tokio::test]
    async fn secret_in_invalid_response_is_not_quoted() {
        let mut odd = account("two");
        odd["client_secret"] = json!(["secret-of-two"]);
        let server = server([
            on(LIST, 200, &json!([])),
            on("POST ./service-accounts", 200, &odd),
            on(LIST, 200, &json!([account("two")])),
        ])
        .await;
        let org = server.org();
        assert!(names(&org).await.is_empty());
        let error = org.create_service_account("two").await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("client_secret") && !text.contains("secret-of"), "{text}");
        assert!(error.outcome_unknown());
        assert_eq!(names(&org).await, ["two"], "the list is fetched again");
    }

    #[tokio::test]
    async fn wrong_base_url_is_not_empty_list() {
        let missing = || on(LIST, 404, &Value::Null);
        let server = server([missing(), missing()]).await;
        let error = server.org().service_accounts().await.unwrap_err();
        assert!(matches!(error, Error::NoSuchListing { .. }), "{error:?}");
    }
}
