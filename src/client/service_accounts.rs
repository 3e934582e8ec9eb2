//! Service accounts.

use super::{ClientId, Error, OrgId, Org};
use crate::secret::Secret;

/// A service account, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Name, 1 to 64 of `a-z 0-9 - _`; the API does not say that it is unique.
    pub name: String,
    /// The ID that it signs in with, and the only key it has.
    pub client_id: ClientId,
    /// The organization it belongs to.
    pub org_id: OrgId,
}

/// The answer to creating a service account. The secret is shown this once.
#[derive(Clone, Debug)]
pub struct NewServiceAccount {
    /// Name, as asked for.
    pub name: String,
    /// The ID that it signs in with.
    pub client_id: ClientId,
    /// The organization it belongs to.
    pub org_id: OrgId,
    /// The secret that it signs in with.
    pub client_secret: Secret,
}
