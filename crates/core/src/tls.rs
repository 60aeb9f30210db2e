//! Which certificates are trusted: the platform's, those of a bundle, or any; and which one the client shows.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::error::{Error, ErrorKind};

/// Whose certificates are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// What the platform trusts.
    #[default]
    Platform,
    /// What a bundle of PEM certificates names.
    Bundle(Pem),
    /// Anything: connections are encrypted, but to nobody knows whom.
    Anything,
}

/// The certificate that a client shows to a server that asks for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCert {
    /// The certificate, and those between it and its authority.
    pub chain: Pem,
    /// Its private key; it may stand in the same file.
    pub key: Pem,
}

/// Certificates or a key in PEM.
#[derive(Clone, PartialEq, Eq)]
pub enum Pem {
    /// The path of a file, which is read when TLS is first needed.
    File(PathBuf),
    /// The contents of such a file.
    Contents(Vec<u8>),
}

impl<P: Into<PathBuf>> From<P> for Pem {
    fn from(path: P) -> Pem {
        Pem::File(path.into())
    }
}

impl fmt::Debug for Pem {
    /// Without contents, which may be a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pem::File(path) => path.fmt(f),
            Pem::Contents(_) => f.write_str("Contents(hidden)"),
        }
    }
}

impl fmt::Display for Pem {
    /// What an error calls it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pem::File(path) => path.display().fmt(f),
            Pem::Contents(_) => f.write_str("given as text"),
        }
    }
}

impl Pem {
    fn read(&self) -> std::io::Result<Cow<'_, [u8]>> {
        match self {
            Pem::File(path) => std::fs::read(path).map(Cow::Owned),
            Pem::Contents(contents) => Ok(Cow::Borrowed(contents)),
        }
    }
}

/// How TLS connections are made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls {
    pub(crate) trust: Trust,
    pub(crate) client_cert: Option<ClientCert>,
}

/// The TLS configuration of a client.
pub(crate) fn configuration(tls: &Tls) -> Result<ClientConfig, Error> {
    let verified = verified(&tls.trust)?;
    let Some(ClientCert { chain, key }) = &tls.client_cert else { return Ok(verified.with_no_client_auth()) };
    let fail = |pem: &Pem, e: &dyn fmt::Display| {
        Error::new(ErrorKind::InvalidConfig, format!("the client_cert {pem} cannot be used: {e}"))
    };
    let text = chain.read().map_err(|e| fail(chain, &e))?;
    let certificates = CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|e| fail(chain, &e))?;
    let text = key.read().map_err(|e| fail(key, &e))?;
    let private = PrivateKeyDer::from_pem_slice(&text).map_err(|e| fail(key, &e))?;
    verified.with_client_auth_cert(certificates, private).map_err(|e| fail(chain, &e))
}

fn verified(trust: &Trust) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
    let fail = |e: &dyn std::fmt::Display| Error::new(ErrorKind::Ssl, format!("TLS cannot be set up: {e}"));
    // Named, not the process's default: of the two providers this one starts in a tenth of the time.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|e| fail(&e))?;
    match trust {
        Trust::Platform => {
            builder.with_platform_verifier().map_err(|e| {
                fail(&format!("{e}; install the system's CA certificates (package ca-certificates) or name a bundle with AWS_CA_BUNDLE"))
            })
        }
        Trust::Bundle(pem) => Ok(builder.with_root_certificates(bundle(pem)?)),
        Trust::Anything => {
            let verifier = Arc::new(AcceptAnything(provider));
            Ok(builder.dangerous().with_custom_certificate_verifier(verifier))
        }
    }
}

fn bundle(pem: &Pem) -> Result<RootCertStore, Error> {
    let fail = |e: &dyn fmt::Display| Error::new(ErrorKind::Ssl, format!("the CA bundle {pem} cannot be used: {e}"));
    let mut store = RootCertStore::empty();
    let text = pem.read().map_err(|e| fail(&e))?;
    let readable: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let (good, _) = store.add_parsable_certificates(readable.map_err(|e| fail(&e))?);
    if good == 0 {
        return Err(fail(&"it holds no certificate"));
    }
    Ok(store)
}

/// `verify=False`: takes any certificate, but still checks that the peer holds its key.
#[derive(Debug)]
struct AcceptAnything(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAnything {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
