//! Ephemeral resources: values that exist only during one run.
//!
//! None of them issues an organization access token: Terraform opens an ephemeral resource in each
//! plan, and a new token revokes the previous one.

mod access_token;

pub use access_token::AccessToken;
