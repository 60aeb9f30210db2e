//! Which certificates are trusted: the platform's, those of a bundle, or any; and which one the client shows.

use std::path::{Path, PathBuf};
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
    /// What a file of PEM certificates names.
    Bundle(PathBuf),
    /// Anything: connections are encrypted, but to nobody knows whom.
    Anything,
}

/// The certificate that a client shows to a server that asks for one, as PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCert {
    /// The certificate, and those between it and its authority.
    pub chain: PathBuf,
    /// Its private key; it may stand in the same file.
    pub key: PathBuf,
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
    let fail = |path: &Path, e: &dyn std::fmt::Display| {
        Error::new(ErrorKind::InvalidConfig, format!("the client_cert {} cannot be used: {e}", path.display()))
    };
    let certificates = CertificateDer::pem_file_iter(chain).and_then(Iterator::collect).map_err(|e| fail(chain, &e))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|e| fail(key, &e))?;
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
        Trust::Bundle(path) => Ok(builder.with_root_certificates(bundle(path)?)),
        Trust::Anything => {
            let verifier = Arc::new(AcceptAnything(provider));
            Ok(builder.dangerous().with_custom_certificate_verifier(verifier))
        }
    }
}

fn bundle(path: &Path) -> Result<RootCertStore, Error> {
    let fail = |e: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Ssl, format!("the CA bundle {} cannot be used: {e}", path.display()))
    };
    let mut store = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).map_err(|e| fail(&e))?;
    let readable: Result<Vec<_>, _> = certificates.collect();
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
