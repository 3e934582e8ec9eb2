//! The built plugin over its socket. The tests send the same calls as Terraform.
//!
//! Each module covers one subject. Start with [`harness::Plugin::start`]. Everything that a test
//! starts is killed when the test ends.

// The attribute on each module tells clippy that all of it is test code.
#[cfg(test)]
mod actions;
#[cfg(test)]
mod admin;
#[cfg(test)]
mod cdn;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod check;
#[cfg(test)]
mod check_odd;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod configure;
#[cfg(test)]
mod connector;
#[cfg(test)]
mod consistency;
#[cfg(test)]
mod data;
#[cfg(test)]
mod debugging;
#[cfg(test)]
mod deferral;
#[cfg(test)]
mod ephemeral;
#[cfg(test)]
mod every_value;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod functions;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod handshake;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod interrupt;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod load;
#[cfg(test)]
mod logging;
#[cfg(test)]
mod malformed_calls;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod organization;
#[cfg(test)]
mod plan;
#[cfg(all(test, target_os = "linux"))]
mod privacy;
#[cfg(test)]
mod proto;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod query;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod recovery_onboarding;
#[cfg(test)]
mod recovery_runs;
#[cfg(test)]
mod recovery_secrets;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod schema_rules;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod session;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod terraform;
#[cfg(test)]
mod tls;
#[cfg(test)]
#[cfg(test)]
mod upgrade;
#[cfg(test)]
mod validate;
#[cfg(test)]
mod values;
