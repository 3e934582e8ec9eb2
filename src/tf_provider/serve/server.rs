//! Serves, from the socket to the end.

use std::sync::Arc;

use tokio::runtime::Builder;
use tokio_rustls::TlsAcceptor;
use tonic::Request;
use tonic::transport::Server;

use super::accept;
use super::arguments::Command;
use super::detached::Detached;
use super::environment::Environment;
use super::error::Error;
use super::life::{End, Life, grace_over};
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

/// Largest request, in bytes. Terraform sends up to 2 GiB; providers in Go take this much.
const LARGEST_REQUEST: usize = 256 << 20;
/// How many RPCs a connection may have open: enough for any `-parallelism`.
const STREAMS: u32 = 1 << 16;

/// Listens, tells where, and serves until the end.
pub(super) fn run<S: Provider>(
    about: &About,
    environment: &impl Environment,
    command: &Command,
    service: impl FnOnce() -> S,
) -> Result<(), Error> {
    // One thread: the work is waiting for the API, and threads cost time at each start.
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::Process)?;
    let served = runtime.block_on(async {
        match command {
            Command::Debug { variable_file } => {
                let signals = Signals::take(Mode::Debug).map_err(Error::Process)?;
                let listener = Listener::bind(environment)?;
                let protocol = handshake::protocol(environment);
                let value = reattach::variable(about, protocol, &listener.address());
                let file = variable_file.as_ref().map(|file| VariableFile::write(file, &value));
                let _file = file.transpose()?;
                reattach::print(&reattach::instructions(about, &value))?;
                serve(Mode::Debug, listener, None, signals, service()).await
            }
            _ => {
                let signals = Signals::take(Mode::Plugin).map_err(Error::Process)?;
                // Set but empty is a broken certificate, and not a wish for plain text.
                let client = environment.var("PLUGIN_CLIENT_CERT");
                let tls = client.map(|pem| tls::for_client(&pem)).transpose()?;
                let listener = Listener::bind(environment)?;
                let certificate = tls.as_ref().map(|tls| tls.certificate.as_ref());
                let protocol = handshake::protocol(environment);
                reattach::print(&handshake::line(protocol, &listener.address(), certificate))?;
                let tls = tls.map(|tls| TlsAcceptor::from(tls.config));
                serve(Mode::Plugin, listener, tls, signals, service()).await
            }
        }
    });
    // Threads that still resolve a name or the like shall not hold the process back.
    runtime.shutdown_background();
    served
}

async fn serve<S: Provider>(
    mode: Mode,
    listener: Listener,
    tls: Option<TlsAcceptor>,
    mut signals: Signals,
    service: S,
) -> Result<(), Error> {
    let (life, service) = (Life::default(), Arc::new(service));
    let provider =
        ProviderServer::from_arc(Arc::clone(&service)).max_decoding_message_size(LARGEST_REQUEST);
    let server = Server::builder()
        .max_concurrent_streams(STREAMS)
        .add_service(Detached::new(provider, life.clone()))
        .add_service(GrpcControllerServer::new(Controller(life.clone())))
        .add_service(GrpcStdioServer::new(Stdio(life.clone())))
        .add_service(GrpcBrokerServer::new(Broker(life.clone())))
        .add_service(HealthServer::new(Health(life.clone())))
        .serve_with_incoming_shutdown(accept::clients(listener, tls, life.clone()), {
            let life = life.clone();
            async move { life.ending().await }
        });
    let finished = async {
        server.await.map_err(Error::Server)?;
        life.idle().await;
        Ok(())
    };
    let overdue = async {
        let end = why_to_end(mode, &life, &mut signals).await;
        tracing::debug!(reason = ?end, "the plugin ends");
        if matches!(end, End::Signal | End::Orphaned) {
            // Running work is told to stop where it can, and then finishes.
            drop(service.stop(Request::new(stop::Request {})).await);
        }
        life.begin_end();
        tokio::select! {
            () = grace_over(end) => {}
            () = signals.end() => {}
        }
    };
    tokio::select! {
        served = finished => served,
        () = overdue => Ok(()),
    }
}

async fn why_to_end(mode: Mode, life: &Life, signals: &mut Signals) -> End {
    let abandoned = async {
        match mode {
            Mode::Plugin => life.abandoned().await,
            Mode::Debug => std::future::pending().await,
        }
    };
    tokio::select! {
        () = life.asked() => End::Asked,
        () = signals.end() => End::Signal,
        end = abandoned => end,
    }
}
