//! A certificate authority, servers with its certificates, and servers that break the handshake.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chimeline_core::http::tls::{ClientCert, Pem};
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, ServerConnection, StreamOwned, WantsVerifier};

use crate::support::{Received, Server, Step, Wire, folder};

/// The authority, whose certificate stands in a file.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub bundle: PathBuf,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    OtherName,
    Expired,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of the tests");
        let key = KeyPair::generate().expect("a key");
        let bundle = folder().join("authority.pem");
        std::fs::write(&bundle, params.self_signed(&key).expect("a certificate").pem()).expect("a file");
        Authority { issuer: Issuer::new(params, key), bundle }
    }

    /// The settings of a server at 127.0.0.1 and localhost.
    pub fn server(&self, flaw: Flaw) -> Arc<ServerConfig> {
        let (chain, key) = self.issue(flaw);
        let config = versions().with_no_client_auth().with_single_cert(chain, key);
        Arc::new(config.expect("a certificate and its key"))
    }

    /// Those of a server whose certificate is its own authority's, as `openssl req -x509` makes it; and that certificate.
    pub fn own(flaw: Flaw) -> (Arc<ServerConfig>, Pem) {
        let mut params = params(flaw);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = versions().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], private);
        (Arc::new(config.expect("a certificate and its key")), Pem::Contents(certificate.pem().into_bytes()))
    }

    /// Those of a server that asks for a certificate of this authority.
    pub fn asking_server(&self) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.bundle).expect("a certificate")).expect("an authority");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        let (chain, key) = self.issue(Flaw::None);
        let builder = versions().with_client_cert_verifier(verifier.expect("a verifier"));
        Arc::new(builder.with_single_cert(chain, key).expect("a certificate and its key"))
    }

    /// A certificate for a client and its key, in two files.
    pub fn client(&self, flaw: Flaw) -> ClientCert {
        let (certificate, key) = self.signed(flaw);
        let folder = self.bundle.parent().expect("a folder");
        let file = |kind: &str, text: String| {
            let path = folder.join(format!("{kind}-{flaw:?}.pem"));
            std::fs::write(&path, text).expect("a file");
            path
        };
        ClientCert { chain: file("client", certificate.pem()).into(), key: file("key", key.serialize_pem()).into() }
    }

    fn issue(&self, flaw: Flaw) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let (certificate, key) = self.signed(flaw);
        (vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).expect("a key"))
    }

    fn signed(&self, flaw: Flaw) -> (Certificate, KeyPair) {
        let params = params(flaw);
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.issuer).expect("a certificate"), key)
    }
}

fn params(flaw: Flaw) -> CertificateParams {
    let names = if flaw == Flaw::OtherName { vec!["other.example"] } else { vec!["127.0.0.1", "localhost"] };
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let mut params = CertificateParams::new(names).expect("parameters");
    if flaw == Flaw::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    params
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn versions() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().expect("versions")
}

impl Drop for Authority {
    fn drop(&mut self) {
        if let Some(folder) = self.bundle.parent() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl Wire for StreamOwned<ServerConnection, TcpStream> {
    fn socket(&self) -> &TcpStream {
        &self.sock
    }
}

/// A server over TLS.
pub fn secure(config: Arc<ServerConfig>, decide: impl Fn(&Received) -> Step + Send + Sync + 'static) -> Server {
    let open = move |mut socket: TcpStream| {
        let mut tls = ServerConnection::new(config.clone()).ok()?;
        while tls.is_handshaking() {
            if tls.complete_io(&mut socket).is_err() {
                // Until the client goes: a server that goes first may reset the connection before its reason is read.
                let _ = std::io::copy(&mut socket, &mut std::io::sink());
                return None;
            }
        }
        Some(Box::new(StreamOwned::new(tls, socket)) as Box<dyn Wire>)
    };
    Server::over(("127.0.0.1", 0), open, decide)
}

/// A server over TLS that hands on to the plain one at that address.
pub fn front(config: Arc<ServerConfig>, plain: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let config = config.clone();
            thread::spawn(move || {
                let tls = ServerConnection::new(config).expect("a connection");
                hand_on(StreamOwned::new(tls, socket), TcpStream::connect(plain)?)
            });
        }
    });
    address
}

/// Both ways in turn, for the halves of a TLS stream share its state.
fn hand_on(mut one: StreamOwned<ServerConnection, TcpStream>, mut other: TcpStream) -> std::io::Result<()> {
    for socket in [&one.sock, &other] {
        socket.set_read_timeout(Some(Duration::from_millis(1)))?;
    }
    while pass(&mut one, &mut other)? && pass(&mut other, &mut one)? {}
    Ok(())
}

/// Passes what is there; false at the end.
fn pass(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<bool> {
    let mut buffer = [0; 4096];
    match from.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(length) => to.write_all(&buffer[..length]).and_then(|()| to.flush()).map(|()| true),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error),
    }
}
