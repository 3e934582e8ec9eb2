//! Determines whether two names refer to the same organization.
//!
//! API facts: an organization has a slug, which is part of its URL and of API paths, and a UUID,
//! which responses call `org_id` (service accounts, groups). Neither ever changes. No request
//! converts one to the other.

use serde::Deserialize;

use super::request::{ApiRequest, HttpMethod, join_segments};
use super::{Error, Grant, Org, OrgId};

/// A user with only the fields that identify the organization: the groups.
#[derive(Deserialize)]
struct Member {
    #[serde(default)]
    groups: Option<Vec<Owned>>,
}

/// An object that belongs to an organization.
#[derive(Deserialize)]
struct Owned {
    #[serde(default)]
    org_id: Option<String>,
}

impl Org {
    /// Reports whether `other` also names this organization. Returns `true` only with a proof: the
    /// API reports that an object of the slug belongs to the UUID. The result is cached for each
    /// name.
    ///
    /// # Errors
    /// Returns an error if the API could not report it. A missing organization is not an error.
    pub async fn is_also(&self, other: &str) -> Result<bool, Error> {
        let own = self.organization()?.as_str();
        if own == other {
            return Ok(true);
        }
        // Two different slugs, or two different UUIDs, are two organizations.
        let (slug, uuid) = match (is_uuid(own), is_uuid(other)) {
            (false, true) => (own, other),
            (true, false) => (other, own),
            (true, true) => return Ok(own.eq_ignore_ascii_case(other)),
            (false, false) => return Ok(false),
        };
        let mut known = self.inner.also.lock().await;
        if let Some(same) = known.get(other) {
            return Ok(*same);
        }
        let same = match OrgId::parse(slug) {
            Ok(slug) => self.owns(&slug, uuid).await?,
            Err(_invalid) => false,
        };
        known.insert(other.to_owned(), same);
        Ok(same)
    }

    /// Reports whether an object of the organization with this slug belongs to this UUID. Checks
    /// the groups of the users and the service accounts, whichever can be read. One match is
    /// enough.
    async fn owns(&self, slug: &OrgId, uuid: &str) -> Result<bool, Error> {
        let is_it = |owned: &Owned| {
            owned.org_id.as_deref().is_some_and(|owner| owner.eq_ignore_ascii_case(uuid))
        };
        let users = self.in_organization(slug, "users")?.query("include_groups", true);
        let users = self.list::<Member>(Grant::ServiceAccount, users).await;
        let users = items_or_none(users)?;
        if users.iter().flat_map(|user| user.groups.iter().flatten()).any(is_it) {
            return Ok(true);
        }
        let accounts = self.in_organization(slug, "service-accounts")?;
        let accounts = self.list::<Owned>(Grant::Admin, accounts).await;
        Ok(items_or_none(accounts)?.iter().any(is_it))
    }

    fn in_organization(&self, slug: &OrgId, what: &str) -> Result<ApiRequest, Error> {
        let segments = ["organizations", slug.as_str(), what];
        Ok(ApiRequest::new(HttpMethod::Get, join_segments(&self.inner.api, segments)?))
    }
}

/// Returns the listed items. Returns none if these credentials are missing, if they are not for
/// this organization, or if the organization does not exist.
fn items_or_none<T>(listed: Result<Option<Vec<T>>, Error>) -> Result<Vec<T>, Error> {
    match listed {
        Ok(items) => Ok(items.unwrap_or_default()),
        Err(Error::Unavailable(_)) => Ok(Vec::new()),
        Err(error) if matches!(error.status(), Some(401 | 403 | 404 | 422)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn is_uuid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::*;
    use super::super::{MissingSetting, Settings};
    use super::*;

    const UUID: &str = "1d0e7b1c-0000-4000-8000-00000000000a";
    const USERS: &str = "GET ./users?include_groups=true";

    fn grouped(owner: &str) -> Value {
        let mut user = listed(1);
        user["groups"] = json!([{"id": "g", "name": "Data", "org_id": owner}]);
        json!({"items": [user]})
    }

    fn without_admin(server: &Server) -> Org {
        let why = MissingSetting { summary: "no".into(), detail: "no".into(), unknown: false };
        org(Settings { admin: Err(why), ..server.settings() })
    }

    #[tokio::test]
    async fn slug_and_uuid_match_if_group_proves_it() {
        let server = Server::signed_in([on(USERS, 200, &grouped(&UUID.to_uppercase()))]).await;
        let org = without_admin(&server);
        assert!(org.is_also(UUID).await.unwrap() && org.is_also(UUID).await.unwrap());
    }

    #[tokio::test]
    async fn slug_is_verified_when_uuid_is_configured() {
        let server = Server::signed_in([on(USERS, 200, &grouped(UUID))]).await;
        let settings = Settings { organization: Ok(UUID.parse().unwrap()), ..server.settings() };
        assert!(org(settings).is_also("acme").await.unwrap());
    }

    #[tokio::test]
    async fn service_account_proves_organization_without_groups() {
        let account = json!({"items": [{"name": "ci", "client_id": "c", "org_id": UUID}]});
        let server = Server::signed_in([
            on(USERS, 200, &json!({"items": [listed(1)]})),
            sign_in(ADMIN_BEARER, 900),
            on("GET ./service-accounts", 200, &account),
        ])
        .await;
        assert!(server.org().is_also(UUID).await.unwrap());
    }

    #[tokio::test]
    async fn other_responses_prove_no_organization() {
        let missing = json!({"error": {"code": "organization_not_found", "message": "no"}});
        for (status, users) in [(200, grouped("another")), (404, missing), (403, Value::Null)] {
            let server = Server::signed_in([on(USERS, status, &users)]).await;
            assert!(!without_admin(&server).is_also(UUID).await.unwrap(), "{status}");
        }
        let silent = Server::start([]).await;
        assert!(!silent.org().is_also("another").await.unwrap(), "two slugs are never one");
        assert!(silent.org().is_also("acme").await.unwrap());
    }

    #[tokio::test]
    async fn unproven_organization_is_verified_again_later() {
        let failures = (0..3).map(|_| on(USERS, 503, &Value::Null));
        let answer = on(USERS, 200, &grouped(UUID));
        let server = Server::signed_in(failures.chain([answer])).await;
        let org = without_admin(&server);
        assert!(org.is_also(UUID).await.is_err());
        assert!(org.is_also(UUID).await.unwrap());
    }
}
