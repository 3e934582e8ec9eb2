//! The data sources: a file for each kind of thing that can be looked up.

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
