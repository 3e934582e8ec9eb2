//! [`Onboardings`]: what the onboardings of one run tell each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::UserId;

/// Members whom an onboarding of this run released, by address in lowercase. Shared by all clones of
/// one configured provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct Onboardings(Arc<Mutex<HashMap<String, UserId>>>);

impl Onboardings {
    /// Notes a member who leaves an onboarding and stays in the organization.
    pub(crate) fn release(&self, email: &str, id: &UserId) {
        self.notes().insert(email.to_lowercase(), id.clone());
    }

    /// A member whom another onboarding released in this run, so that this one may manage them.
    pub(crate) fn released(&self, email: &str) -> Option<UserId> {
        self.notes().get(&email.to_lowercase()).cloned()
    }

    fn notes(&self) -> MutexGuard<'_, HashMap<String, UserId>> {
        // Nothing that holds this lock can leave it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
