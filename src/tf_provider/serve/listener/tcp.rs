//! Loopback port, for systems without Unix sockets.

use std::io;
use std::net::{Ipv4Addr, TcpListener as StdListener};
use std::ops::RangeInclusive;

use tokio::net::TcpListener;

use crate::tf_provider::serve::environment::Environment;
use crate::tf_provider::serve::error::Error;
use crate::tf_provider::serve::handshake::Address;

/// Connection with a peer.
pub(in super::super) type Stream = tokio::net::TcpStream;

/// Port that is reserved until this value is dropped.
#[derive(Debug)]
pub(in super::super) struct Listener {
    socket: TcpListener,
    address: String,
}

impl Listener {
    /// Listens on the first available port from `PLUGIN_MIN_PORT` to `PLUGIN_MAX_PORT`, or on any
    /// port if neither is set. Requires the runtime.
    pub(in super::super) fn bind(environment: &impl Environment) -> Result<Self, Error> {
        let mut failure = io::Error::from(io::ErrorKind::AddrInUse);
        for port in ports(environment)? {
            match StdListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(registered) {
                Ok((socket, address)) => return Ok(Self { socket, address }),
                Err(error) => failure = error,
            }
        }
        Err(Error::Listen { address: Ipv4Addr::LOCALHOST.to_string(), source: failure })
    }

    /// Returns the address for the handshake.
    pub(in super::super) fn address(&self) -> Address {
        Address { network: "tcp", place: self.address.clone() }
    }

    /// Returns the next peer.
    ///
    /// # Errors
    /// Returns an error if the system cannot accept another connection.
    pub(in super::super) async fn accept(&self) -> io::Result<Stream> {
        let (stream, _) = self.socket.accept().await?;
        // Without this, a response might wait 40 ms for an acknowledgement.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

fn registered(socket: StdListener) -> io::Result<(TcpListener, String)> {
    socket.set_nonblocking(true)?;
    let address = socket.local_addr()?.to_string();
    Ok((TcpListener::from_std(socket)?, address))
}

fn ports(environment: &impl Environment) -> Result<RangeInclusive<u16>, Error> {
    let bound = |name| environment.text(name).unwrap_or_default();
    let (first, last) = (bound("PLUGIN_MIN_PORT"), bound("PLUGIN_MAX_PORT"));
    if first.is_empty() && last.is_empty() {
        return Ok(0..=0);
    }
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(first), Ok(last)) if first <= last => Ok(first..=last),
        _ => Err(Error::Ports(first, last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn missing_port_range_uses_any_port() {
        let listener = Listener::bind(&[]).unwrap();
        let port = listener.address().place;
        assert!(port.starts_with("127.0.0.1:") && !port.ends_with(":0"), "{port}");
    }

    #[tokio::test]
    async fn port_in_use_is_skipped() {
        let taken = Listener::bind(&[]).unwrap();
        let port = taken.address().place.rsplit(':').next().unwrap().to_owned();
        let range = [("PLUGIN_MIN_PORT", port.as_str()), ("PLUGIN_MAX_PORT", "65535")];
        assert_ne!(Listener::bind(&range).unwrap().address(), taken.address());
    }

    #[tokio::test]
    async fn invalid_port_range_is_rejected() {
        for (first, last) in [("2", "1"), ("1", ""), ("", "1"), ("x", "y"), ("1", "65536")] {
            let range = [("PLUGIN_MIN_PORT", first), ("PLUGIN_MAX_PORT", last)];
            assert!(matches!(Listener::bind(&range), Err(Error::Ports(..))), "{first} {last}");
        }
    }
}
