//! Converts `tracing` events into log lines.

use std::fmt;

use jiff::Timestamp;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::levels::{Levels, is_own_crate};
use super::record::{self, EventSource, Fields};

/// Destination of the lines. Each line includes its line end.
pub(super) type Sink = Box<dyn Fn(&str) + Send + Sync>;

/// Layer that writes a line for each enabled event, with the fields of the enclosing spans.
pub(super) struct HclogLayer {
    provider: &'static str,
    levels: Levels,
    sink: Sink,
}

impl HclogLayer {
    /// Creates a layer that writes the records which `levels` enables to `sink`.
    pub(super) fn new(provider: &'static str, levels: Levels, sink: Sink) -> Self {
        Self { provider, levels, sink }
    }

    fn origin<'a>(&'a self, metadata: &'a Metadata<'_>) -> EventSource<'a> {
        if is_own_crate(metadata) {
            let caller = metadata.file().zip(metadata.line());
            EventSource { module: self.provider, caller }
        } else {
            // The path of another crate's file is a path of the build machine.
            EventSource { module: "sdk", caller: None }
        }
    }
}

impl fmt::Debug for HclogLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HclogLayer").field("levels", &self.levels).finish_non_exhaustive()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for HclogLayer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.levels.enables(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.levels.enables(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.levels.max_level())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.extend(outer);
            }
        }
        event.record(&mut fields);
        let (metadata, now) = (event.metadata(), Timestamp::now());
        let line = record::line(now, *metadata.level(), self.origin(metadata), fields);
        (self.sink)(&line);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::secret::Secret;
    use crate::tf_provider::log::mask;
    use crate::tf_provider::serve::environment::Environment;

    fn logged(environment: &impl Environment, work: impl FnOnce()) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = {
            let lines = Arc::clone(&lines);
            Box::new(move |line: &str| {
                lines.lock().unwrap().push(serde_json::from_str(line).unwrap());
            })
        };
        let levels = Levels::wanted("demo", environment, false);
        let layer = HclogLayer::new("demo", levels, sink);
        tracing::subscriber::with_default(Registry::default().with(layer), work);
        std::mem::take(&mut *lines.lock().unwrap())
    }

    #[test]
    fn event_includes_fields_of_its_spans() {
        let lines = logged(&[("TF_LOG", "TRACE")], || {
            let call = tracing::info_span!("call", tf_rpc = "Stop", status = tracing::field::Empty);
            let _call = call.enter();
            call.record("status", 200);
            tracing::debug!(attempt = 2, last = true, "answered {}", "well");
        });
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(line["@message"], "answered well");
        assert_eq!(line["@module"], "demo");
        assert_eq!(line["tf_rpc"], "Stop");
        assert_eq!((&line["status"], &line["attempt"]), (&200.into(), &2.into()));
        assert_eq!(line["last"], true);
        let caller = line["@caller"].as_str().unwrap();
        assert!(caller.starts_with("src/tf_provider/log/layer.rs:"), "{caller}");
    }

    #[test]
    fn events_below_level_are_not_written() {
        let lines = logged(&[("TF_LOG", "WARN")], || {
            tracing::info!("quiet");
            tracing::warn!("loud");
            tracing::warn!(target: "h2::proto", "theirs");
        });
        let said: Vec<_> = lines.iter().map(|line| &line["@message"]).collect();
        assert_eq!(said, ["loud", "theirs"]);
        assert_eq!(lines[1]["@module"], "sdk");
        assert_eq!(lines[1].get("@caller"), None);
    }

    #[test]
    fn secret_is_masked_in_messages_fields_and_spans() {
        mask(&Secret::new("layer-secret".into()));
        mask(&Secret::new("90210777".into()));
        let lines = logged(&[("TF_LOG", "TRACE")], || {
            let _span = tracing::info_span!("call", token = "x layer-secret").entered();
            let list = ["layer-secret"];
            tracing::info!(pin = 90_210_777, ?list, "with layer-secret");
        });
        let shown = lines[0].to_string();
        assert!(!shown.contains("layer-secret") && !shown.contains("90210777"), "{shown}");
        assert_eq!(lines[0]["@message"], "with ***");
    }
}
