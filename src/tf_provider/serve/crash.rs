//! Reports panics in the format that Terraform recognizes.
//!
//! Terraform searches for a line that begins with `panic: ` and shows it, with the lines that
//! follow, as the crash of the plugin. It does not recognize Rust's own format.

use std::any::Any;
use std::backtrace::Backtrace;
use std::io::{self, Write};
use std::panic;

use crate::tf_provider::log;

/// Installs a panic hook that reports panics in Terraform's format. Secrets in the message are
/// masked.
pub(super) fn report_to_stderr() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let report = report(panic.payload(), place.as_deref(), &Backtrace::force_capture());
        drop(io::stderr().lock().write_all(report.as_bytes()));
    }));
}

fn report(payload: &dyn Any, place: Option<&str>, trace: &Backtrace) -> String {
    let message = log::masked(message(payload));
    let place = place.unwrap_or("an unknown place");
    format!("panic: {message}\n\nat {place}\n\n{trace}\n")
}

/// Returns the text of a panic, if it has one.
fn message(payload: &dyn Any) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "(no message)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn panic_report_starts_as_terraform_expects() {
        let report = report(&"it broke", Some("src/x.rs:1:2"), &Backtrace::disabled());
        assert!(report.starts_with("panic: it broke\n\nat src/x.rs:1:2\n"), "{report}");
    }

    #[test]
    fn secret_in_panic_message_is_masked() {
        log::mask(&Secret::new("crash-test-secret".into()));
        let message = String::from("refused crash-test-secret");
        let report = report(&message, None, &Backtrace::disabled());
        assert!(report.starts_with("panic: refused ***\n"), "{report}");
    }
}
