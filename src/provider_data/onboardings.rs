//! [`Onboardings`]: the members that the onboardings of one run release to each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::UserId;

/// Members whom an onboarding of this run released, by email address in lowercase.
///
/// Shared by all clones of one configured provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct Onboardings(Arc<Mutex<HashMap<String, UserId>>>);

impl Onboardings {
    /// Records a member who leaves an onboarding and stays in the organization.
    pub(crate) fn release(&self, email: &str, id: &UserId) {
        self.notes().insert(email.to_lowercase(), id.clone());
    }

    /// Returns a member whom another onboarding released in this run, so that this one can manage
    /// them.
    pub(crate) fn released(&self, email: &str) -> Option<UserId> {
        self.notes().get(&email.to_lowercase()).cloned()
    }

    fn notes(&self) -> MutexGuard<'_, HashMap<String, UserId>> {
        // No code that holds this lock can leave the data in an inconsistent state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
