//! Runs each RPC to its end, even if the connection is lost.
//!
//! If the client disconnects, an apply must not be dropped between two of its API requests.
//! Therefore each RPC is a separate task, as in Go. This also limits a panic to its own RPC.

use std::convert::Infallible;
use std::task::{Context, Poll};

use tokio::task::JoinError;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;

use super::lifecycle::Lifecycle;

/// Service whose RPCs continue after their callers disconnect.
#[derive(Clone, Debug)]
pub(super) struct Detached<S> {
    service: S,
    life: Lifecycle,
}

impl<S> Detached<S> {
    /// Wraps a service. `life` tracks its running RPCs.
    pub(super) fn new(service: S, life: Lifecycle) -> Self {
        Self { service, life }
    }
}

impl<S: NamedService> NamedService for Detached<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Detached<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        let task = self.life.running().start(self.service.call(request));
        Box::pin(async move {
            match task.await {
                Ok(answer) => answer,
                Err(crash) => Ok(crashed(&path, &crash).into_http()),
            }
        })
    }
}

/// Returns the status that Terraform shows as "Plugin error". The log contains the message of the
/// panic.
fn crashed(path: &str, crash: &JoinError) -> Status {
    let call = path.rsplit('/').next().unwrap_or(path);
    if crash.is_panic() {
        Status::internal(format!(
            "The provider crashed in {call}. This is a bug in the provider. Report this issue to the \
             provider developers, with the lines that follow \"panic:\" in the output of TF_LOG=DEBUG."
        ))
    } else {
        Status::cancelled(format!("The provider stopped before {call} was complete."))
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::*;

    type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    /// Service with the response that the test defines.
    struct Made(fn(Arc<Notify>) -> Answer, Arc<Notify>);

    impl Service<Request<Body>> for Made {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = Answer;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<Body>) -> Answer {
            (self.0)(Arc::clone(&self.1))
        }
    }

    fn request() -> Request<Body> {
        Request::builder().uri("/tfplugin5.Provider/Stop").body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn panic_becomes_error_that_names_call() {
        let broken = Made(|_| Box::pin(async { panic!("on purpose") }), Arc::default());
        let answer = Detached::new(broken, Lifecycle::default()).call(request()).await.unwrap();
        let message = answer.headers()["grpc-message"].to_str().unwrap();
        assert_eq!(answer.headers()["grpc-status"], "13");
        assert!(message.contains("Stop"), "{message}");
    }

    #[tokio::test]
    async fn call_continues_after_its_client_disconnects() {
        let (life, done) = (Lifecycle::default(), Arc::new(Notify::new()));
        let slow = |done: Arc<Notify>| -> Answer {
            Box::pin(async move {
                tokio::task::yield_now().await;
                done.notify_one();
                Ok(Response::default())
            })
        };
        drop(Detached::new(Made(slow, Arc::clone(&done)), life.clone()).call(request()));
        done.notified().await;
        life.idle().await;
    }
}
