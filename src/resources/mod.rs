//! Resources: one module each, from the attributes to the API requests.

mod checks;
mod email;
pub(crate) mod evidence;
#[cfg(test)]
#[path = "../../tests/fuzz/resources.rs"]
mod fuzz;
mod hiding;
mod identity;
mod lookup;
mod offboard;
mod onboarding;
mod recovery;
mod removal;
mod seat;
mod service_account;
mod spelled;
mod timeouts;
mod token;
mod unknown;
mod user;

pub(crate) use checks::{is_email, is_user_id};
pub(crate) use email::check_address;
pub(crate) use lookup::found_member;
pub(crate) use offboard::{check_removable, offboard, revoke_tokens};
pub use onboarding::Onboarding;
pub(crate) use onboarding::check_emails;
pub use seat::Seat;
pub use service_account::ServiceAccount;
pub(crate) use token::is_date;
pub use token::{Token, is_expired as token_has_ended};
pub use user::User;
