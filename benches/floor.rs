//! The floor for starts: a provider that returns an empty message for every call. `launch.rs`
//! compares with it.

#![expect(clippy::unwrap_used, clippy::exit, clippy::print_stdout, reason = "a measuring stick")]

#[path = "support/raw.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod raw;
#[path = "support/stub.rs"]
mod stub;

fn main() {
    stub::run(|_, _| Vec::new());
}
