//! Data sources: one file for each kind of object.

mod listed;
mod seats;
mod service_account;
mod tokens;
mod user;
mod users;

pub use seats::Seats;
pub use service_account::{ServiceAccount, ServiceAccounts};
pub use tokens::Tokens;
pub use user::User;
pub use users::Users;
