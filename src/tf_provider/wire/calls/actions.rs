//! RPCs about actions: progress events while an action runs, and one completed event.

use std::sync::Arc;

use tokio::sync::mpsc::{self, Sender};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::super::convert::{self, value};
use super::super::service::Shared;
use super::super::tfplugin5 as pb;
use crate::tf_provider::action::Progress;
use crate::tf_provider::context::Client;
use crate::tf_provider::diagnostics::{Diagnostics, Result};
use crate::tf_provider::running::spawn;
use pb::invoke_action::event::{Completed, Progress as Line, Type};

type Event = pb::invoke_action::Event;
pub(in super::super) type Events = ReceiverStream<std::result::Result<Event, Status>>;

/// Maximum number of lines that wait for the client to read them.
const AHEAD: usize = 32;

pub(in super::super) async fn validate<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::validate_action_config::Request,
) -> Result<pb::validate_action_config::Response> {
    let action = shared.provider.actions.get(&request.type_name)?;
    let config = value(request.config, &action.object_type)?;
    let diagnostics = convert::diagnostics(action.validate(&config));
    Ok(pb::validate_action_config::Response { diagnostics })
}

/// Validates again, because more values are known now. Sends no API requests.
pub(in super::super) async fn plan<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::plan_action::Request,
) -> Result<pb::plan_action::Response> {
    let action = shared.provider.actions.get(&request.action_type)?;
    let config = value(request.config, &action.object_type)?;
    let diagnostics = convert::diagnostics(action.validate(&config));
    Ok(pb::plan_action::Response { diagnostics, deferred: None })
}

/// Starts the action. The stream always ends with exactly one completed event. If the client stops
/// reading, the action still continues to its end.
pub(in super::super) fn invoke<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::invoke_action::Request,
) -> Events {
    let (events, stream) = mpsc::channel(AHEAD);
    spawn(async move {
        let running = spawn(run(shared, request, events.clone()));
        let diagnostics = running.await.unwrap_or_else(|_| {
            let what = "The action ended in a panic; the log has the details.";
            crate::tf_provider::diagnostics::Diagnostic::bug(what).into()
        });
        let completed = Completed { diagnostics: convert::diagnostics(diagnostics) };
        send(&events, Type::Completed(completed)).await;
    });
    ReceiverStream::new(stream)
}

async fn run<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::invoke_action::Request,
    events: Sender<std::result::Result<Event, Status>>,
) -> Diagnostics {
    let (lines, mut messages) = mpsc::unbounded_channel();
    let mut cx = shared.cx();
    let invocation = async {
        let action = shared.provider.actions.get(&request.action_type)?;
        let config = value(request.config, &action.object_type)?;
        // Terraform does not validate again when unknown values have become known.
        let found = action.validate(&config);
        if found.has_errors() {
            return Err(found);
        }
        action.handler.invoke(&mut cx, config, &Progress::new(lines)).await
    };
    let forwarding = async {
        while let Some(message) = messages.recv().await {
            send(&events, Type::Progress(Line { message })).await;
        }
    };
    let (outcome, ()) = tokio::join!(invocation, forwarding);
    let (mut diagnostics, _) = cx.finish();
    if let Err(problem) = outcome {
        diagnostics.extend(problem);
    }
    diagnostics
}

async fn send(events: &Sender<std::result::Result<Event, Status>>, event: Type) {
    // The event is lost if the client stopped reading.
    drop(events.send(Ok(Event { r#type: Some(event) })).await);
}
