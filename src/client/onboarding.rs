//! Onboarding of people who have no account yet.

/// The answer to an onboarding request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Onboarding {
    /// Addresses that were taken up. They become users later, or never: trouble does not show.
    pub in_process: Vec<String>,
    /// Addresses that cannot be onboarded: they have an account, or no seat was left.
    pub unavailable: Vec<String>,
    /// Seats of the subscription, if the API says so.
    pub total_seats: Option<u64>,
    /// Free seats after this request, if the API says so.
    pub available_seats: Option<u64>,
}
