//! The ephemeral resources: values that exist for one run.
//!
//! None of them issues a user's token: Terraform opens an ephemeral resource in each plan, and a new
//! token revokes the previous one.

mod access_token;

pub use access_token::AccessToken;
