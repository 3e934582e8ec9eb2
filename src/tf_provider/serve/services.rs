//! Services that each connection has in addition to the provider's own.

use std::collections::BTreeMap;

use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::lifecycle::Lifecycle;
use crate::tf_provider::wire::health::health_check_response::ServingStatus;
use crate::tf_provider::wire::health::health_server::Health as HealthService;
use crate::tf_provider::wire::health::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
};
use crate::tf_provider::wire::plugin::grpc_broker_server::GrpcBroker;
use crate::tf_provider::wire::plugin::grpc_controller_server::GrpcController;
use crate::tf_provider::wire::plugin::grpc_stdio_server::GrpcStdio;
use crate::tf_provider::wire::plugin::{ConnInfo, Empty, StdioData};

type ResponseStream<T> = ReceiverStream<Result<T, Status>>;

/// Service that ends the process when the client requests it.
#[derive(Debug)]
pub(super) struct Controller(pub(super) Lifecycle);

#[async_trait]
impl GrpcController for Controller {
    /// The response is still sent: the shutdown closes a connection only after its RPCs have
    /// returned.
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.0.request_shutdown();
        Ok(Response::new(Empty {}))
    }
}

/// Service for the output of the plugin. It sends nothing, because Terraform logs any output here
/// as unexpected.
#[derive(Debug)]
pub(super) struct Stdio(pub(super) Lifecycle);

#[async_trait]
impl GrpcStdio for Stdio {
    type StreamStdioStream = ResponseStream<StdioData>;

    async fn stream_stdio(
        &self,
        _: Request<()>,
    ) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(until_shutdown(&self.0, [], std::future::pending())))
    }
}

/// Service for further connections. Terraform only keeps the stream open.
#[derive(Debug)]
pub(super) struct Broker(pub(super) Lifecycle);

#[async_trait]
impl GrpcBroker for Broker {
    type StartStreamStream = ResponseStream<ConnInfo>;

    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        let mut requests = request.into_inner();
        let closed = async move { while let Some(Ok(_)) = requests.next().await {} };
        Ok(Response::new(until_shutdown(&self.0, [], closed)))
    }
}

/// Service that reports the status to hosts that request it. Terraform does not.
#[derive(Debug)]
pub(super) struct Health(pub(super) Lifecycle);

impl Health {
    /// Names of the services with a status: the process as a whole, and the name that go-plugin
    /// hosts request.
    const NAMES: [&str; 2] = ["", "plugin"];

    fn status(name: &str) -> Option<HealthCheckResponse> {
        Self::NAMES.contains(&name).then(|| answer(ServingStatus::Serving))
    }
}

fn answer(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

#[async_trait]
impl HealthService for Health {
    type WatchStream = ResponseStream<HealthCheckResponse>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let name = request.into_inner().service;
        let status = Self::status(&name);
        status.map(Response::new).ok_or_else(|| Status::not_found(format!("no service {name:?}")))
    }

    async fn list(
        &self,
        _: Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        let known = |name: &str| Some((name.to_owned(), Self::status(name)?));
        let statuses: BTreeMap<_, _> = Self::NAMES.into_iter().filter_map(known).collect();
        Ok(Response::new(HealthListResponse { statuses }))
    }

    /// Sends one response and then nothing more, because the status never changes.
    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let status = Self::status(&request.into_inner().service);
        let status = status.unwrap_or_else(|| answer(ServingStatus::ServiceUnknown));
        Ok(Response::new(until_shutdown(&self.0, [status], std::future::pending())))
    }
}

/// Returns a stream that sends `first` and then nothing. It ends when the process shuts down, the
/// client closes it, or `closed` completes.
fn until_shutdown<T: Send + 'static>(
    life: &Lifecycle,
    first: impl IntoIterator<Item = T>,
    closed: impl Future<Output = ()> + Send + 'static,
) -> ResponseStream<T> {
    let (sender, answers) = mpsc::channel(1);
    for item in first {
        // The channel has a capacity of one, and no caller passes more than one item.
        drop(sender.try_send(Ok(item)));
    }
    let life = life.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = life.shutting_down() => {}
            () = sender.closed() => {}
            () = closed => {}
        }
    });
    ReceiverStream::new(answers)
}
