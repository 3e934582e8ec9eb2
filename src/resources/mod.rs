//! The resources: a file each, from the attributes to the API's calls.

mod checks;
mod identity;
mod lookup;
mod offboard;
mod onboarding;
mod seat;
mod service_account;
mod timeouts;
mod token;
mod user;

pub use onboarding::Onboarding;
pub use seat::Seat;
pub use service_account::ServiceAccount;
pub use token::{Token, has_ended as token_has_ended};
pub use user::User;
