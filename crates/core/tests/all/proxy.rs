//! A proxy for CONNECT, which tunnels or fails.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::support::reset;

/// What becomes of a request for a tunnel.
#[derive(Clone, Debug)]
pub enum Tunnel {
    /// It is opened, and what comes goes through.
    Open,
    /// It is opened for those who bring this header, given in small letters; others get a 407.
    OpenFor(&'static str),
    /// It is opened, and reset as soon as the client speaks.
    OpenThenReset,
    /// It is refused with these bytes.
    Refuse(&'static [u8]),
    Close,
    Reset,
    Stall,
}

/// The running proxy; it ends with the test's process.
pub struct Proxy {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub fn start(tunnel: Tunnel) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let log = heads.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (tunnel, log) = (tunnel.clone(), log.clone());
                thread::spawn(move || serve(client, &tunnel, &log));
            }
        });
        Proxy { address, heads }
    }

    /// The heads of the requests for tunnels.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no panic in the proxy").clone()
    }
}

fn serve(mut client: TcpStream, tunnel: &Tunnel, log: &Mutex<Vec<String>>) -> Option<()> {
    const OPENED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    log.lock().expect("no panic in the proxy").push(head.clone());
    let target = head.split(' ').nth(1)?.to_owned();
    match tunnel {
        Tunnel::OpenFor(header) if !head.to_ascii_lowercase().contains(header) => {
            let refusal = b"HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
            client.write_all(refusal).ok()
        }
        Tunnel::Open | Tunnel::OpenFor(_) => {
            let server = TcpStream::connect(target).ok()?;
            client.write_all(OPENED).ok()?;
            let (from, to) = (client.try_clone().ok()?, server.try_clone().ok()?);
            thread::spawn(move || pass(from, to));
            pass(server, client);
            Some(())
        }
        Tunnel::OpenThenReset => {
            client.write_all(OPENED).ok()?;
            client.read_exact(&mut [0]).ok()?;
            reset(&client);
            Some(())
        }
        Tunnel::Refuse(bytes) => client.write_all(bytes).ok(),
        Tunnel::Close => Some(()),
        Tunnel::Reset => {
            reset(&client);
            Some(())
        }
        Tunnel::Stall => {
            thread::sleep(Duration::from_secs(30));
            Some(())
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    // An end is an end, however it came.
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
