//! Requests a second list before an object counts as deleted.
//!
//! One list response without an object does not prove that the object was deleted. The object
//! counts as deleted if a second list, requested a moment later, also lacks it. This costs a
//! request only if something is missing. All users that are missing at the same time share the
//! second list.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::{Error, Org, ServiceAccount, Token, UserId, Users};

/// Two lists, the second requested a moment after the first.
type Pair<T> = Mutex<Option<(Arc<T>, Arc<T>)>>;

/// The pairs of lists that were requested last.
#[derive(Default)]
pub(super) struct Confirmations {
    users: Pair<Users>,
    accounts: Pair<Vec<ServiceAccount>>,
}

impl Org {
    /// Reports whether the users lack something in two lists that were requested a moment apart.
    /// Returns `false` if this deployment cannot list users, because nothing is known then.
    ///
    /// # Errors
    /// Returns an error if one of the list requests fails, or if the run is canceled between them.
    pub async fn users_lack(&self, lack: impl Fn(&Users) -> bool) -> Result<bool, Error> {
        let current = || async move { self.users().await };
        let fresh = || async move {
            self.refresh_users();
            self.users().await
        };
        self.both_lack(&self.inner.confirmations.users, current, fresh, lack).await
    }

    /// As [`Org::users_lack`], but requests a new list and ignores earlier pairs, because the
    /// object might have been added since. For callers that report an error if the object is
    /// missing.
    ///
    /// # Errors
    /// As [`Org::users_lack`].
    pub async fn users_lack_now(&self, lack: impl Fn(&Users) -> bool) -> Result<bool, Error> {
        *self.inner.confirmations.users.lock().await = None;
        self.users_lack(lack).await
    }

    /// As [`Org::accounts_lack`], but requests a new list.
    ///
    /// # Errors
    /// As [`Org::users_lack`].
    pub async fn accounts_lack_now(
        &self,
        lack: impl Fn(&[ServiceAccount]) -> bool,
    ) -> Result<bool, Error> {
        *self.inner.confirmations.accounts.lock().await = None;
        self.accounts_lack(lack).await
    }

    /// Reports whether the service accounts lack something in two lists that were requested a
    /// moment apart.
    ///
    /// # Errors
    /// As [`Org::users_lack`].
    pub async fn accounts_lack(
        &self,
        lack: impl Fn(&[ServiceAccount]) -> bool,
    ) -> Result<bool, Error> {
        let current = || async move { self.service_accounts().await.map(Some) };
        let fresh = || async move {
            self.refresh_service_accounts();
            self.service_accounts().await.map(Some)
        };
        let pair = &self.inner.confirmations.accounts;
        self.both_lack(pair, current, fresh, |accounts| lack(accounts)).await
    }

    /// Reports whether the tokens of a user lack something in two lists that were requested a
    /// moment apart. Returns `false` if this deployment cannot list tokens.
    ///
    /// # Errors
    /// As [`Org::users_lack`].
    pub async fn tokens_lack(
        &self,
        user: &UserId,
        lack: impl Fn(&[Token]) -> bool,
    ) -> Result<bool, Error> {
        let current = || async move { self.tokens(user).await };
        let fresh = || async move {
            self.refresh_tokens(user);
            self.tokens(user).await
        };
        self.both_lack(&Mutex::default(), current, fresh, |tokens| lack(tokens)).await
    }

    async fn both_lack<T, C, F>(
        &self,
        pair: &Pair<T>,
        current: impl Fn() -> C,
        fresh: impl Fn() -> F,
        lack: impl Fn(&T) -> bool,
    ) -> Result<bool, Error>
    where
        C: Future<Output = Result<Option<Arc<T>>, Error>>,
        F: Future<Output = Result<Option<Arc<T>>, Error>>,
    {
        // Held during the pause, so that other callers that miss something wait for the same second
        // list.
        let mut pair = pair.lock().await;
        // The current list contains this run's own writes. A cached pair might be older than they
        // are.
        let Some(first) = current().await? else { return Ok(false) };
        if !lack(&first) {
            return Ok(false);
        }
        if pair.as_ref().is_some_and(|(first, second)| lack(first) && lack(second)) {
            return Ok(true);
        }
        if !self.pause(self.inner.pace.first).await {
            return Err(Error::PollInterrupted);
        }
        let Some(second) = fresh().await? else { return Ok(false) };
        let gone = lack(&second);
        *pair = Some((first, second));
        Ok(gone)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::*;
    use super::*;

    const USERS: &str = "GET ./users?include_groups=false";

    fn users(numbers: &[u32]) -> Exchange {
        let items: Vec<Value> = numbers.iter().map(|number| listed(*number)).collect();
        on(USERS, 200, &json!({"items": items}))
    }

    async fn lacks(org: &Org, number: u32) -> bool {
        org.users_lack(|users| users.by_id(&user_id(number)).is_none()).await.unwrap()
    }

    #[tokio::test]
    async fn listed_user_needs_no_second_list() {
        let server = Server::signed_in([users(&[1])]).await;
        let org = server.org();
        assert!(!lacks(&org, 1).await && !lacks(&org, 1).await);
    }

    #[tokio::test]
    async fn user_missing_from_one_list_is_kept() {
        let server = Server::signed_in([users(&[1]), users(&[1, 2])]).await;
        let org = server.org();
        assert!(!lacks(&org, 2).await);
        assert!(org.user_by_id(&user_id(2)).await.unwrap().is_some(), "the second list counts now");
    }

    #[tokio::test]
    async fn missing_users_share_one_second_list() {
        let server = Server::signed_in([users(&[1]), users(&[1])]).await;
        let org = server.org();
        let (two, three) = tokio::join!(lacks(&org, 2), lacks(&org, 3));
        assert!(two && three && lacks(&org, 4).await);
    }

    #[tokio::test]
    async fn user_missing_only_from_second_list_needs_third() {
        let server = Server::signed_in([users(&[1, 2]), users(&[1]), users(&[1, 2])]).await;
        let org = server.org();
        assert!(!lacks(&org, 2).await);
        assert!(lacks(&org, 3).await, "two lists without 3, of which one lies about 2");
        assert!(!lacks(&org, 2).await);
    }

    #[tokio::test]
    async fn lookup_of_current_state_requests_new_list() {
        let server = Server::signed_in([users(&[1]), users(&[1]), users(&[1, 2])]).await;
        let org = server.org();
        let missing = |users: &Users| users.by_id(&user_id(2)).is_none();
        assert!(org.users_lack_now(missing).await.unwrap());
        assert!(!org.users_lack_now(missing).await.unwrap());
    }

    #[tokio::test]
    async fn failed_second_list_proves_nothing() {
        let refused = on(USERS, 403, &Value::Null);
        let server = Server::signed_in([users(&[1]), refused]).await;
        let missing = |users: &Users| users.by_id(&user_id(2)).is_none();
        assert!(server.org().users_lack(missing).await.is_err());
    }

    #[tokio::test]
    async fn tokens_and_accounts_need_second_list_too() {
        let tokens =
            || on(&format!("GET ./users/{}/tokens", user_id(1)), 200, &json!({"items": []}));
        let account = json!({"items": [{"name": "ci", "client_id": "c", "org_id": "o"}]});
        let server = Server::start([
            sign_in(BEARER, 900),
            tokens(),
            tokens(),
            sign_in(ADMIN_BEARER, 900),
            on("GET ./service-accounts", 200, &json!({"items": []})),
            on("GET ./service-accounts", 200, &account),
        ])
        .await;
        let org = server.org();
        assert!(org.tokens_lack(&user_id(1), <[Token]>::is_empty).await.unwrap());
        assert!(!org.accounts_lack(<[ServiceAccount]>::is_empty).await.unwrap());
    }
}
