//! Service accounts.

use super::{KeptAccount, Org, OrgError, ServiceAccount};
use crate::sandbox::secret_store::SecretString;

/// Name of the service account that exists from the start.
const CONFIGURED: &str = "configured";

impl Org {
    /// All service accounts, oldest first.
    pub(crate) fn service_accounts(&self) -> &[ServiceAccount] {
        &self.service_accounts
    }

    /// Puts the configured service account in place, with this secret.
    pub(crate) fn configure_service_account(&mut self, client_id: &str, secret: &str) {
        let secret = SecretString::new(secret.to_owned());
        match self.service_accounts.iter_mut().find(|account| account.client_id == client_id) {
            Some(account) => account.secret = secret,
            None => self.service_accounts.push(ServiceAccount {
                name: CONFIGURED.to_owned(),
                client_id: client_id.to_owned(),
                secret,
            }),
        }
        self.touch();
    }

    /// Adds a service account. A name may be taken twice: no published text forbids it.
    pub(crate) fn add_service_account(&mut self, name: String, secret: String) -> ServiceAccount {
        let account = ServiceAccount {
            name,
            client_id: uuid::Uuid::new_v4().to_string(),
            secret: SecretString::new(secret),
        };
        self.service_accounts.push(account.clone());
        self.touch();
        account
    }

    /// Removes a service account, the one that signs in here included.
    pub(crate) fn remove_service_account(&mut self, client_id: &str) -> Result<(), OrgError> {
        let before = self.service_accounts.len();
        self.service_accounts.retain(|account| account.client_id != client_id);
        if self.service_accounts.len() == before {
            return Err(OrgError::ServiceAccountNotFound);
        }
        self.touch();
        Ok(())
    }

    /// Whether these are the credentials of a service account.
    pub(crate) fn knows_service_account(&self, client_id: &str, secret: &str) -> bool {
        self.service_accounts
            .iter()
            .any(|account| account.client_id == client_id && account.secret.matches(secret))
    }
}

impl From<KeptAccount> for ServiceAccount {
    fn from(kept: KeptAccount) -> Self {
        Self {
            name: kept.name,
            client_id: kept.client_id,
            secret: SecretString::new(kept.client_secret),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_authenticates_with_own_secret_until_removed() {
        let mut org = Org::for_tests();
        let ci = org.add_service_account("ci".into(), "one".into());
        org.add_service_account("ci".into(), "two".into());
        assert!(org.knows_service_account(&ci.client_id, "one"));
        assert!(!org.knows_service_account(&ci.client_id, "two"));
        assert_eq!(org.remove_service_account(&ci.client_id), Ok(()));
        assert!(!org.knows_service_account(&ci.client_id, "one"));
        assert_eq!(
            org.remove_service_account(&ci.client_id),
            Err(OrgError::ServiceAccountNotFound)
        );
    }

    #[test]
    fn second_configuration_changes_secret_only() {
        let mut org = Org::for_tests();
        org.configure_service_account("id", "old");
        org.configure_service_account("id", "new");
        assert_eq!(org.service_accounts().len(), 1);
        assert!(org.knows_service_account("id", "new") && !org.knows_service_account("id", "old"));
    }
}
