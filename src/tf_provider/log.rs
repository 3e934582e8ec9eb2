//! What the plugin tells the developer: JSON lines on stderr that Terraform reads and merges
//! into its own log.
//!
//! Code logs with `tracing`. Nothing is built that nobody will see: Terraform drops a plugin's
//! records unless `TF_LOG` or `TF_LOG_PROVIDER` is set, so then there is no subscriber at all.
//!
//! Texts that were given to [`mask()`] never get out.

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

/// Starts logging in the way that the environment asks for.
///
/// `provider` is the name in configurations, such as `anaconda`. In `debug` mode stderr is the
/// developer's terminal, so there is some output without being asked.
pub(crate) fn start(provider: &'static str, environment: &impl Environment, debug: bool) {
    let levels = Levels::wanted(provider, environment, debug);
    if levels.is_silent() {
        return;
    }
    let layer = HclogLayer::new(provider, levels, Box::new(to_stderr));
    // It fails if there is a subscriber already, which then goes on.
    drop(tracing::subscriber::set_global_default(Registry::default().with(layer)));
}

/// One write for each line, so that lines of several tasks do not mix. If nobody reads any more,
/// the line is lost.
fn to_stderr(line: &str) {
    drop(io::stderr().lock().write_all(line.as_bytes()));
}
