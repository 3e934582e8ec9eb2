//! The ephemeral resources: values that live for one run.
//!
//! None issues a user's token: Terraform opens an ephemeral resource in each plan, and issuing a
//! token ends the one that the user has.

mod access_token;

pub use access_token::AccessToken;
