//! Which certificates are trusted: the platform's, those of a bundle, or any.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
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

/// The TLS configuration of a client.
pub(crate) fn configuration(trust: &Trust) -> Result<ClientConfig, Error> {
    let fail = |e: &dyn std::fmt::Display| Error::new(ErrorKind::Ssl, format!("TLS cannot be set up: {e}"));
    // Named, not the process's default: of the two providers this one starts in a tenth of the time.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|e| fail(&e))?;
    match trust {
        Trust::Platform => {
            let verified = builder.with_platform_verifier().map_err(|e| {
                fail(&format!("{e}; install the system's CA certificates (package ca-certificates) or name a bundle with AWS_CA_BUNDLE"))
            })?;
            Ok(verified.with_no_client_auth())
        }
        Trust::Bundle(path) => Ok(builder.with_root_certificates(bundle(path)?).with_no_client_auth()),
        Trust::Anything => {
            let verifier = Arc::new(AcceptAnything(provider));
            Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
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
