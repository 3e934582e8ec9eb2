//! The resources: a file each, from the attributes to the API's calls.

mod checks;
mod lookup;
mod offboard;
mod seat;
mod service_account;
mod token;
mod user;

pub use seat::Seat;
pub use service_account::ServiceAccount;
pub use token::Token;
pub use user::User;
