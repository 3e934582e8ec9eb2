//! Runs the gRPC server, from the socket to the shutdown.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Builder;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tonic::Request;
use tonic::transport::Server;

use super::accept::{self, ConnectionStream};
use super::detached::Detached;
use super::environment::Environment;
use super::error::Error;
use super::lifecycle::{Lifecycle, ShutdownReason};
use super::listener::Listener;
use super::reattach::{self, VariableFile};
use super::services::{Broker, Controller, Health, Stdio};
use super::signals::Signals;
use super::{About, Mode, handshake, tls};
use crate::tf_provider::wire::health::health_server::HealthServer;
use crate::tf_provider::wire::plugin::grpc_broker_server::GrpcBrokerServer;
use crate::tf_provider::wire::plugin::grpc_controller_server::GrpcControllerServer;
use crate::tf_provider::wire::plugin::grpc_stdio_server::GrpcStdioServer;
use crate::tf_provider::wire::tfplugin5::provider_server::{Provider, ProviderServer};
use crate::tf_provider::wire::tfplugin5::stop;

/// Maximum size of a request, in bytes. Terraform sends up to eight times as much; providers in Go
/// have the same limit.
const LARGEST_REQUEST: usize = 256 << 20;
/// Maximum number of open RPCs of a connection: enough for any `-parallelism`.
const STREAMS: u32 = 1 << 16;

/// Serves the Terraform process that started the plugin. Writes the address to the handshake line,
/// and uses TLS unless it was disabled.
pub(super) fn as_plugin<S: Provider>(
    environment: &impl Environment,
    service: impl FnOnce() -> S,
) -> Result<(), Error> {
    on_one_thread(async {
        let signals = Signals::take(Mode::Plugin).map_err(Error::Process)?;
        // An empty value is an invalid certificate, not a request for plain text.
        let client = environment.var("PLUGIN_CLIENT_CERT");
        let tls = client.map(|pem| tls::for_client(&pem)).transpose()?;
        let listener = Listener::bind(environment)?;
        let certificate = tls.as_ref().map(|tls| tls.certificate.as_ref());
        let protocol = handshake::protocol(environment);
        print(&handshake::line(protocol, &listener.address(), certificate))?;
        let tls = tls.map(|tls| TlsAcceptor::from(tls.config));
        let life = Lifecycle::default();
        let clients = accept::clients(listener, tls, life.clone());
        serve(Mode::Plugin, clients, service(), life, signals).await
    })
}

/// Serves all clients that attach. Prints the instructions, and writes them to `variable_file` if
/// there is one.
pub(super) fn for_debugging<S: Provider>(
    about: &About,
    environment: &impl Environment,
    variable_file: Option<&Path>,
    service: impl FnOnce() -> S,
) -> Result<(), Error> {
    on_one_thread(async {
        let signals = Signals::take(Mode::Debug).map_err(Error::Process)?;
        let listener = Listener::bind(environment)?;
        let protocol = handshake::protocol(environment);
        let value = reattach::variable(about, protocol, &listener.address());
        // Held until the end, which removes the file.
        let _file = variable_file.map(|file| VariableFile::write(file, &value)).transpose()?;
        print(&reattach::instructions(about, &value))?;
        let life = Lifecycle::default();
        let clients = accept::clients(listener, None, life.clone());
        serve(Mode::Debug, clients, service(), life, signals).await
    })
}

/// Runs on one thread, which is sufficient: most of the time the provider waits for the API, and
/// threads delay each start.
fn on_one_thread(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::Process)?;
    let done = runtime.block_on(work);
    // Threads that still resolve a host name, for example, must not delay the exit.
    runtime.shutdown_background();
    done
}

/// Prints to stdout, where Terraform waits for the handshake and a developer for instructions.
fn print(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Error::Stdout)
}

/// Serves until the shutdown, and then until all RPCs have finished or the grace period has passed.
async fn serve<S: Provider>(
    mode: Mode,
    clients: ConnectionStream,
    service: S,
    life: Lifecycle,
    mut signals: Signals,
) -> Result<(), Error> {
    let service = Arc::new(service);
    let provider =
        ProviderServer::from_arc(Arc::clone(&service)).max_decoding_message_size(LARGEST_REQUEST);
    let ending = life.clone();
    let server = Server::builder()
        .max_concurrent_streams(STREAMS)
        .add_service(Detached::new(provider, life.clone()))
        .add_service(GrpcControllerServer::new(Controller(life.clone())))
        .add_service(GrpcStdioServer::new(Stdio(life.clone())))
        .add_service(GrpcBrokerServer::new(Broker(life.clone())))
        .add_service(HealthServer::new(Health(life.clone())))
        .serve_with_incoming_shutdown(clients, async move { ending.shutting_down().await });
    let finished = async {
        server.await.map_err(Error::Server)?;
        life.idle().await;
        Ok(())
    };
    let overdue = async {
        let end = shutdown_reason(mode, &life, &mut signals).await;
        tracing::debug!(reason = ?end, "stopping plugin");
        life.begin_shutdown();
        if end.cancels_calls() {
            // This only cancels the running RPCs; `finished` waits for them. As a separate task it
            // cannot delay the shutdown.
            let service = Arc::clone(&service);
            tokio::spawn(async move { service.stop(Request::new(stop::Request {})).await });
        }
        tokio::select! {
            () = sleep(end.grace_period()) => {}
            // The sender of a second signal does not want to wait.
            () = signals.end() => {}
        }
    };
    tokio::select! {
        outcome = finished => outcome,
        () = overdue => Ok(()),
    }
}

async fn shutdown_reason(mode: Mode, life: &Lifecycle, signals: &mut Signals) -> ShutdownReason {
    let abandoned = async {
        match mode {
            Mode::Plugin => life.abandoned().await,
            Mode::Debug => std::future::pending().await,
        }
    };
    tokio::select! {
        () = life.shutdown_requested() => ShutdownReason::Asked,
        () = signals.end() => ShutdownReason::Signal,
        end = abandoned => end,
    }
}
