//! Levels of the records that are logged.

use tracing::Metadata;
use tracing::level_filters::LevelFilter;

use crate::tf_provider::serve::environment::Environment;

/// Crate whose records are the provider's own.
const OWN_CRATE: &str = env!("CARGO_CRATE_NAME");

/// Most detailed level of each kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Levels {
    /// Level of the provider's own records.
    ours: LevelFilter,
    /// Level of the records of dependencies. They are numerous and rarely useful.
    others: LevelFilter,
}

impl Levels {
    /// Reads the levels from the environment.
    ///
    /// Own records: the first of `TF_LOG_PROVIDER_<NAME>`, `TF_LOG_PROVIDER`, and `TF_LOG` that is
    /// set. A word that is not a level means everything, as in Terraform. If none is set: nothing,
    /// because Terraform would drop it; in `debug` mode, where the output is not filtered, `INFO`.
    ///
    /// Other records: `TF_LOG_SDK`, or warnings and errors if the own records are logged at that
    /// level.
    pub(super) fn wanted(provider: &str, environment: &impl Environment, debug: bool) -> Self {
        let name = format!("TF_LOG_PROVIDER_{}", provider.to_uppercase().replace('-', "_"));
        let ours = [name.as_str(), "TF_LOG_PROVIDER", "TF_LOG"]
            .into_iter()
            .find_map(|name| environment.text(name));
        let ours = match ours {
            Some(word) => level(&word),
            None if debug => LevelFilter::INFO,
            None => LevelFilter::OFF,
        };
        let others = environment.text("TF_LOG_SDK");
        let others = others.map_or(ours.min(LevelFilter::WARN), |word| level(&word));
        Self { ours, others }
    }

    /// Reports whether no records are enabled.
    pub(super) fn is_silent(self) -> bool {
        self.max_level() == LevelFilter::OFF
    }

    /// Returns the most detailed level of any record.
    pub(super) fn max_level(self) -> LevelFilter {
        self.ours.max(self.others)
    }

    /// Reports whether a record is enabled.
    pub(super) fn enables(self, metadata: &Metadata<'_>) -> bool {
        let level = if is_own_crate(metadata) { self.ours } else { self.others };
        *metadata.level() <= level
    }
}

/// Reports whether a record comes from the provider itself.
pub(super) fn is_own_crate(metadata: &Metadata<'_>) -> bool {
    metadata.target().split("::").next() == Some(OWN_CRATE)
}

fn level(word: &str) -> LevelFilter {
    match word.to_uppercase().as_str() {
        "DEBUG" => LevelFilter::DEBUG,
        "INFO" => LevelFilter::INFO,
        "WARN" => LevelFilter::WARN,
        "ERROR" => LevelFilter::ERROR,
        "OFF" => LevelFilter::OFF,
        _ => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(environment: &impl Environment) -> LevelFilter {
        Levels::wanted("my-cloud", environment, false).ours
    }

    #[test]
    fn most_specific_log_variable_wins() {
        let general = [("TF_LOG", "error")];
        let providers = [("TF_LOG", "error"), ("TF_LOG_PROVIDER", "warn")];
        let named = [
            ("TF_LOG", "error"),
            ("TF_LOG_PROVIDER", "warn"),
            ("TF_LOG_PROVIDER_MY_CLOUD", "Debug"),
        ];
        assert_eq!(ours(&general), LevelFilter::ERROR);
        assert_eq!(ours(&providers), LevelFilter::WARN);
        assert_eq!(ours(&named), LevelFilter::DEBUG);
    }

    #[test]
    fn without_variable_only_debug_mode_logs() {
        assert!(Levels::wanted("demo", &[], false).is_silent());
        assert!(Levels::wanted("demo", &[("TF_LOG", "")], false).is_silent());
        let debug = Levels::wanted("demo", &[], true);
        let expected = Levels { ours: LevelFilter::INFO, others: LevelFilter::WARN };
        assert_eq!(debug, expected);
    }

    #[test]
    fn unknown_log_level_means_trace() {
        assert_eq!(ours(&[("TF_LOG", "JSON")]), LevelFilter::TRACE);
        assert_eq!(ours(&[("TF_LOG", "1")]), LevelFilter::TRACE);
        assert_eq!(ours(&[("TF_LOG", "off")]), LevelFilter::OFF);
    }

    #[test]
    fn other_crates_log_only_on_request() {
        let quiet = Levels::wanted("demo", &[("TF_LOG", "trace")], false);
        assert_eq!(quiet.others, LevelFilter::WARN);
        let asked = Levels::wanted("demo", &[("TF_LOG", "error"), ("TF_LOG_SDK", "trace")], false);
        assert_eq!((asked.ours, asked.others), (LevelFilter::ERROR, LevelFilter::TRACE));
    }
}
