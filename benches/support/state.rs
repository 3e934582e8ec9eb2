//! In-memory storage for Terraform's `http` backend, for one run.
//!
//! If the state is a file, Terraform writes the complete file after each resource. With thousands
//! of resources, this takes longer than everything else. Such configurations use a remote backend.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;

type Stored = Arc<Mutex<Bytes>>;

/// Starts the server and returns its URL. It stops when the program exits.
pub(crate) async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let app = Router::new()
        .route("/", get(read).post(write))
        .layer(DefaultBodyLimit::disable())
        .with_state(Stored::default());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

async fn read(State(stored): State<Stored>) -> Result<Bytes, StatusCode> {
    let state = stored.lock().unwrap().clone();
    if state.is_empty() { Err(StatusCode::NOT_FOUND) } else { Ok(state) }
}

async fn write(State(stored): State<Stored>, state: Bytes) {
    *stored.lock().unwrap() = state;
}
