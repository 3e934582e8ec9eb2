//! Simulator of the Anaconda Organization Management API, for tests of Terraform modules and of this
//! provider.
//!
//! [`Sandbox::start`] starts a server in this process. The program `anaconda-sandbox` is a command line
//! for it.
//!
//! ```
//! use terraform_provider_anaconda::sandbox::{Options, Sandbox};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let sandbox = Sandbox::start(Options { seats: 3, ..Options::default() }).await?;
//! println!("base_url = \"{}\"", sandbox.url());
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! The sandbox implements the published API (Organization Management API 1.0.0, or the legacy guide)
//! below `/api/v1` and `/api/iam/token`. It rejects every request that the documents do not allow. Its
//! own endpoints are below `/_sandbox`: they read and change the organization, and inject faults.
//!
//! The sandbox shares no code with the client of this crate, not even the types of request and response
//! bodies. Otherwise, a mistake in one would be confirmed by the other.
//!
//! # Modules
//!
//! - `org`: the rules of the organization, without HTTP.
//! - `extract`, `fields`: validation of requests.
//! - `routes`, `sign_in`: the endpoints of the API.
//! - `admin`, `page`: the endpoints of the sandbox.
//! - `requests`: the middleware for all requests. `faults`: fault injection.
//! - `serving`: connections.
//! - `history`: stale list responses.
//! - `state`: the state of the sandbox behind one lock.

mod admin;
mod clock;
pub mod command_line;
mod dates;
mod errors;
mod extract;
mod faults;
mod fields;
mod form;
mod history;
mod issued_tokens;
mod odd;
mod options;
mod org;
mod page;
mod requests;
mod routes;
mod secret_store;
mod serving;
mod sign_in;
mod state;
mod state_file;
#[cfg(test)]
mod tests;
mod token_bucket;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use options::{Dialect, Options, UnknownDialect};
use state::Shared;

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
