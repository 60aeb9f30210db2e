//! Listeners that no request reaches: one refuses, one never answers, one says something else.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::support::Wire;

/// Where nobody listens.
pub fn refusing(host: &str) -> SocketAddr {
    TcpListener::bind((host, 0)).and_then(|listener| listener.local_addr()).expect("a free port")
}

/// A listener that takes no more connections: further ones wait for an answer.
pub struct FullBacklog {
    pub address: SocketAddr,
    _listener: socket2::Socket,
    _waiting: Vec<TcpStream>,
}

impl FullBacklog {
    pub fn new() -> FullBacklog {
        let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
        listener.listen(0).expect("a listener");
        let address = listener.local_addr().ok().and_then(|address| address.as_socket()).expect("an IP address");
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(50)).ok();
        FullBacklog { address, _waiting: std::iter::from_fn(connect).collect(), _listener: listener }
    }
}

/// Says its piece, and keeps the connection without a word from then on.
pub struct Speaking(pub TcpStream, pub &'static [u8]);

impl Read for Speaking {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.write_all(std::mem::take(&mut self.1))?;
        while self.0.read(buffer)? > 0 {}
        Ok(0)
    }
}

impl Write for Speaking {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl Wire for Speaking {
    fn socket(&self) -> &TcpStream {
        &self.0
    }
}
