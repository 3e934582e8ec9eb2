//! A sandbox: a faithful, strict imitation of Anaconda's organization API, for trying Terraform
//! modules offline and for tests.
//!
//! It speaks the API as published (Organization Management API 1.0.0, or the older guide), below
//! `/api/v1` and `/api/iam/token`, and is strict about it: what the documents do not allow is
//! refused. Its own paths are below `/_sandbox`. It shares no code with the client of this crate,
//! not even the shapes of bodies, so that a mistake in one is not confirmed by the other.
//!
//! Inside: `org` holds the rules and knows no HTTP; `extract` and `fields` check requests;
//! `routes` and `sign_in` are the API; `admin` and `page` are the sandbox's own; `requests` is the one
//! place every request passes, and `faults` what may happen to it there; `serving` has the
//! connections; `history` is what late listings show; `world` is the state, behind one lock.

mod admin;
mod bearers;
mod clock;
pub mod command_line;
mod dates;
mod errors;
mod extract;
mod faults;
mod fields;
mod form;
mod history;
mod mint;
mod odd;
mod options;
mod org;
mod page;
mod rate;
mod requests;
mod routes;
mod serving;
mod sign_in;
mod state_file;
#[cfg(test)]
mod tests;
mod world;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use options::{Dialect, Options, UnknownDialect};
use world::Shared;

/// A running sandbox. Stops when dropped; several can run side by side.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    /// Nothing is ever sent: the server stops when this end goes away.
    running: Option<oneshot::Sender<()>>,
    server: JoinHandle<io::Result<()>>,
}

impl Sandbox {
    /// Starts a sandbox in the background of the current tokio runtime. When it returns, requests
    /// are answered: HTTP/1, and HTTP/2 with prior knowledge.
    ///
    /// # Errors
    /// The address cannot be listened on, the admin's name does not look like an e-mail address,
    /// or the state file is unreadable or another organization's.
    pub async fn start(options: Options) -> io::Result<Self> {
        if !fields::is_email(&options.admin_username) {
            let name = &options.admin_username;
            let problem = format!("the admin's username {name:?} is not a valid email address");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let shared = Shared::open(&options)?;
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let (running, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serving::serve(listener, routes::router(shared), stopped));
        Ok(Self { address, running: Some(running), server })
    }

    /// Where it is, such as `http://127.0.0.1:41234`: the provider's `base_url`. One that listens
    /// on all addresses gives its loopback one, as plain HTTP is for loopback only.
    #[must_use]
    pub fn url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.address.port()))
    }

    /// Stops: no new requests, and those under way get two seconds to finish.
    pub async fn stop(mut self) {
        self.running.take();
        // However it ended, it has ended.
        let _ = (&mut self.server).await;
    }
}
