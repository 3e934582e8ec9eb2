//! Lifecycle of the plugin: how it serves and exits.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tonic::Code;

use crate::harness::{Launch, Plugin};
use crate::proto::health::HealthCheckRequest;
use crate::proto::health::health_check_response::ServingStatus;
use crate::proto::health::health_client::HealthClient;
use crate::proto::plugin::grpc_broker_client::GrpcBrokerClient;
use crate::proto::plugin::grpc_controller_client::GrpcControllerClient;
use crate::proto::plugin::grpc_stdio_client::GrpcStdioClient;
use crate::proto::plugin::{ConnInfo, Empty};
use crate::proto::tfplugin5::{DynamicValue, configure, get_provider_schema};

#[tokio::test]
async fn shutdown_ends_process_despite_open_streams() {
    let mut plugin = Plugin::start().await;
    let channel = plugin.channel().await;
    let mut stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await.unwrap();
    let requests = tokio_stream::pending::<ConnInfo>();
    let mut broker = GrpcBrokerClient::new(channel.clone()).start_stream(requests).await.unwrap();

    let begin = Instant::now();
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    let status = plugin.exit().await;

    assert!(status.success(), "{status}");
    assert!(begin.elapsed() < Duration::from_millis(500), "{:?}", begin.elapsed());
    assert_eq!(plugin.files_left(), 0);
    // Both streams end without an error, so that no client reports a crash.
    assert!(matches!(stdio.get_mut().message().await, Ok(None)));
    assert!(matches!(broker.get_mut().message().await, Ok(None)));
}

#[tokio::test]
async fn go_plugin_streams_stay_open_and_silent() {
    let plugin = Plugin::start().await;
    let channel = plugin.channel().await;
    let mut stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await.unwrap();
    let knock = ConnInfo { service_id: 1, ..ConnInfo::default() };
    let requests = tokio_stream::StreamExt::chain(
        tokio_stream::once(knock),
        tokio_stream::pending::<ConnInfo>(),
    );
    let mut broker = GrpcBrokerClient::new(channel).start_stream(requests).await.unwrap();
    plugin.client().await.get_schema(get_provider_schema::Request {}).await.unwrap();
    let silence = tokio::time::timeout(Duration::from_millis(200), async {
        tokio::select! {
            said = stdio.get_mut().message() => panic!("{said:?}"),
            said = broker.get_mut().message() => panic!("{said:?}"),
        }
    });
    assert!(silence.await.is_err());
}

#[tokio::test]
async fn plugin_exits_after_its_host_disappears() {
    let mut plugin = Plugin::start().await;
    let mut client = plugin.client().await;
    client.get_schema(get_provider_schema::Request {}).await.unwrap();
    drop(client);
    assert!(plugin.exit().await.success());
    assert_eq!(plugin.files_left(), 0);
}

#[tokio::test]
async fn sigint_and_sighup_are_ignored_by_plugin() {
    let mut plugin = Plugin::start().await;
    let mut client = plugin.client().await;
    for signal in ["INT", "HUP", "INT"] {
        plugin.signal(signal).await;
        client.get_schema(get_provider_schema::Request {}).await.unwrap();
    }
    assert!(plugin.shutdown().await.success());
}

#[tokio::test]
async fn sigterm_shuts_down_plugin_orderly() {
    let mut plugin = Plugin::start().await;
    let client = plugin.client().await;
    plugin.signal("TERM").await;
    assert!(plugin.exit().await.success());
    assert_eq!(plugin.files_left(), 0);
    drop(client);
}

#[tokio::test]
async fn large_grpc_requests_are_accepted() {
    let plugin = Plugin::start().await;
    let config = DynamicValue { msgpack: vec![0xc0; 8 << 20], ..DynamicValue::default() };
    let request = configure::Request { config: Some(config), ..configure::Request::default() };
    let answer = plugin.client().await.configure(request).await;
    // The content is not valid, and a diagnostic can say so. This test checks only that the size is
    // accepted.
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn plugin_answers_200_concurrent_calls() {
    let plugin = Plugin::start().await;
    let client = plugin.client().await;
    let mut calls = JoinSet::new();
    for _ in 0..200 {
        let mut client = client.clone();
        calls.spawn(async move { client.get_schema(get_provider_schema::Request {}).await });
    }
    let answers = calls.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 200);
}

#[tokio::test]
async fn health_service_answers_for_plugin_name() {
    let plugin = Launch::without_tls().start().await;
    let mut health = HealthClient::new(plugin.channel().await);
    let request = |service: &str| HealthCheckRequest { service: service.to_owned() };
    for name in ["", "plugin"] {
        let answer = health.check(request(name)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving);
    }
    let unknown = health.check(request("other")).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let mut watched = health.watch(request("plugin")).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
}
