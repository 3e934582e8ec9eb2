//! The resources: a file each, from the attributes to the API's calls.

mod checks;
#[cfg(test)]
#[path = "../../tests/fuzz/resources.rs"]
mod fuzz;
mod hiding;
mod identity;
mod lookup;
mod offboard;
mod onboarding;
mod recovery;
mod seat;
mod service_account;
mod spelled;
mod timeouts;
mod token;
mod unknown;
mod user;

pub(crate) use checks::{is_email, is_user_id, looks_like_email};
pub(crate) use offboard::{offboard, revoke_tokens};
pub use onboarding::Onboarding;
pub(crate) use onboarding::are_emails;
pub use seat::Seat;
pub use service_account::ServiceAccount;
pub(crate) use token::is_date;
pub use token::{Token, has_ended as token_has_ended};
pub use user::User;
