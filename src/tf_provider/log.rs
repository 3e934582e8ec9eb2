//! Log of the plugin for developers: JSON lines on stderr, which Terraform reads and merges into
//! its own log.
//!
//! Code logs with `tracing`. No records are built that Terraform would drop: it drops a plugin's
//! records unless `TF_LOG` or `TF_LOG_PROVIDER` is set, so then no subscriber is installed.
//!
//! Secrets that were passed to [`mask()`] are never logged.

mod layer;
mod levels;
mod mask;
mod record;

use std::io::{self, Write};

use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use self::layer::HclogLayer;
use self::levels::Levels;
use crate::tf_provider::serve::environment::Environment;

pub use self::mask::mask;
pub(crate) use self::mask::masked;

/// Starts logging as the environment requests.
///
/// `provider` is the name in configurations, such as `anaconda`. In `debug` mode stderr is the
/// developer's terminal, so there is output by default.
pub(crate) fn start(provider: &'static str, environment: &impl Environment, debug: bool) {
    let levels = Levels::wanted(provider, environment, debug);
    if levels.is_silent() {
        return;
    }
    let layer = HclogLayer::new(provider, levels, Box::new(to_stderr));
    // Fails if there is already a subscriber, which then continues.
    drop(tracing::subscriber::set_global_default(Registry::default().with(layer)));
}

/// Writes each line with one call, so that lines of several tasks do not mix. The line is lost if
/// stderr is closed.
fn to_stderr(line: &str) {
    drop(io::stderr().lock().write_all(line.as_bytes()));
}
