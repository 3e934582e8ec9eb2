//! RPCs about list resources: objects are sent as they are found.

use std::sync::Arc;

use tokio::sync::mpsc::{self, Sender};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tracing::debug;

use super::super::convert::{self, dynamic, value};
use super::super::service::Shared;
use super::super::tfplugin5 as pb;
use super::{identity_of, until_stopped};
use crate::tf_provider::context::Client;
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics, Result};
use crate::tf_provider::list::{ListSink, Listed};
use crate::tf_provider::running::spawn;

type Event = pb::list_resource::Event;
pub(in super::super) type Events = ReceiverStream<std::result::Result<Event, Status>>;

/// Maximum number of objects that wait for the client to read them.
const AHEAD: usize = 32;

pub(in super::super) async fn validate<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::validate_list_resource_config::Request,
) -> Result<pb::validate_list_resource_config::Response> {
    let list = shared.provider.lists.get(&request.type_name)?;
    let config = value(request.config, &list.object_type)?;
    let diagnostics = convert::diagnostics(list.validate(&config));
    Ok(pb::validate_list_resource_config::Response { diagnostics })
}

/// Starts the search. The stream ends with the last object, or with an event that reports the
/// error. If the client stops reading, the provider sends no further API requests.
pub(in super::super) fn list<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::list_resource::Request,
) -> Events {
    let (events, stream) = mpsc::channel(AHEAD);
    spawn(async move {
        let mut searching = spawn(send_all(shared, request, events.clone()));
        let ended = tokio::select! {
            ended = &mut searching => ended,
            () = events.closed() => {
                searching.abort();
                debug!("the client reads no more of a list");
                return;
            }
        };
        let outcome = ended.unwrap_or_else(|_| {
            Err(Diagnostic::bug("The search ended in a panic; the log has the details.").into())
        });
        if let Err(problem) = outcome {
            send(&events, problem_event(problem)).await;
        }
    });
    ReceiverStream::new(stream)
}

async fn send_all<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::list_resource::Request,
    events: Sender<std::result::Result<Event, Status>>,
) -> Result<()> {
    let lister = shared.provider.lists.get(&request.type_name)?;
    let resource = shared.provider.resources.get(&request.type_name)?;
    let filters = value(request.config, &lister.object_type)?;
    let mut cx = shared.cx();
    let stop = cx.cancellation().clone();
    let (sender, mut objects) = mpsc::channel(AHEAD);
    let (naming, events, whole) = (shared.cx(), &events, request.include_resource_object);
    let searching = async {
        let mut found = ListSink::new(sender, request.limit);
        until_stopped(&stop, lister.handler.list(&mut cx, filters, &mut found)).await?;
        Result::Ok(found.is_truncated())
    };
    // Terraform reads only up to its limit, so the last object within the limit carries the
    // warnings. This future owns the receiver: if it ends early, the search does not wait for it.
    let sending = async move {
        let (mut last, mut count) = (None, 0);
        while let Some(Listed { display_name, object }) = objects.recv().await {
            let identity = identity_of(resource.handler.as_ref(), &naming, &object)?;
            let resource_object =
                if whole { Some(dynamic(&object, &resource.object_type)?) } else { None };
            let event = Event { identity, display_name, resource_object, diagnostic: Vec::new() };
            count += 1;
            if count < request.limit {
                send(events, event).await;
            } else {
                last = Some(event);
            }
        }
        Result::Ok(last)
    };
    let (searched, sent) = tokio::join!(searching, sending);
    let (mut warnings, _) = cx.finish();
    let last = sent?;
    if last.is_some() && matches!(searched, Ok(true)) {
        warnings.push(cut_short(request.limit));
    }
    let mut last = last.unwrap_or_default();
    last.diagnostic = convert::diagnostics(warnings);
    if last != Event::default() {
        send(events, last).await;
    }
    searched.map(drop)
}

/// Returns a warning, because Terraform does not report that its default limit of 100 was reached.
/// Without it, users would import only a part of an organization.
fn cut_short(limit: i64) -> Diagnostic {
    Diagnostic::warning(
        "List results truncated",
        format!(
            "The search stopped at its limit of {limit} results, and more objects might exist. Set a \
             higher `limit` in the `list` block (defaults to 100), or set more filters."
        ),
    )
}

fn problem_event(problem: Diagnostics) -> Event {
    Event { diagnostic: convert::diagnostics(problem), ..Event::default() }
}

async fn send(events: &Sender<std::result::Result<Event, Status>>, event: Event) {
    // The event is lost if the client stopped reading.
    drop(events.send(Ok(event)).await);
}
