//! Which certificates are trusted: the platform's, those of a bundle, or any; and which one the client shows.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WantsClientCert, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
    WantsVerifier,
};
#[cfg(not(any(windows, target_vendor = "apple")))]
use rustls_native_certs::load_certs_from_paths;

use crate::error::kinds::{Error, ErrorKind};
use crate::error::resource_limits;
use crate::runtime::environment::Variables;

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
    /// Whether it names nothing, which is as not given.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Pem::File(path) => path.as_os_str().is_empty(),
            Pem::Contents(text) => text.is_empty(),
        }
    }

    /// The contents, without a byte order mark. `what` is what an error calls it, and `kind` the kind of that error.
    fn read(&self, what: &str, kind: ErrorKind, variables: &Variables) -> Result<Cow<'_, [u8]>, Error> {
        let path = match self {
            Pem::Contents(contents) => return Ok(Cow::Borrowed(without_mark(contents))),
            Pem::File(path) => path,
        };
        if path.to_str().is_some_and(|path| path.trim().is_empty()) {
            return Err(Error::new(ErrorKind::InvalidConfig, format!("{what} has a blank path; name a file")));
        }
        let contents = std::fs::read(at_home(path, variables)).map_err(|e| match resource_limits::cure(&e) {
            Some(_) => resource_limits::refused(&format!("{what} {self} cannot be read"), &e),
            None => Error::new(kind, format!("{what} {self} cannot be used: {e}")),
        })?;
        Ok(Cow::Owned(without_mark(&contents).to_vec()))
    }
}

fn without_mark(contents: &[u8]) -> &[u8] {
    contents.strip_prefix(b"\xef\xbb\xbf").unwrap_or(contents)
}

/// The path with the home folder for a `~` at its start.
fn at_home<'p>(path: &'p Path, variables: &Variables) -> Cow<'p, Path> {
    let home = ["HOME", "USERPROFILE"].iter().find_map(|name| variables.get(name)).filter(|home| !home.is_empty());
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => Cow::Owned(Path::new(&home).join(rest)),
        _ => Cow::Borrowed(path),
    }
}

/// How TLS connections are made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls {
    pub(crate) trust: Trust,
    /// Beside the platform's.
    pub(crate) extra_trust: Option<Pem>,
    pub(crate) client_cert: Option<ClientCert>,
    /// Where OpenSSL's variables for the platform's certificates are read.
    pub(crate) variables: Variables,
}

/// The TLS configuration of a client. Reads files, and so may take its time.
pub(crate) fn configuration(tls: &Tls) -> Result<ClientConfig, Error> {
    let verified = verified(tls)?;
    let Some(ClientCert { chain, key }) = &tls.client_cert else { return Ok(verified.with_no_client_auth()) };
    let fail = |pem: &Pem, e: &dyn fmt::Display| {
        Error::new(ErrorKind::InvalidConfig, format!("the client_cert {pem} cannot be used: {e}"))
    };
    let read = |pem: &Pem| Ok(pem.read("the client_cert", ErrorKind::InvalidConfig, &tls.variables)?.into_owned());
    let text = read(chain)?;
    let certificates = CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|e| fail(chain, &e))?;
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|e| fail(key, &e))?;
    verified.with_client_auth_cert(certificates, private).map_err(|e| fail(chain, &e))
}

/// The TLS configuration of a client that makes no TLS connection.
pub(crate) fn unused() -> Result<ClientConfig, Error> {
    let (builder, _) = builder()?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn builder() -> Result<(ConfigBuilder<ClientConfig, WantsVerifier>, Arc<CryptoProvider>), Error> {
    // Named, not the process's default: of the two providers this one starts in a tenth of the time.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    Ok((builder.map_err(|e| impossible(&e))?, provider))
}

fn verified(tls: &Tls) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
    let (builder, provider) = builder()?;
    let verifier: Arc<dyn ServerCertVerifier> = match &tls.trust {
        Trust::Platform => platform(tls, provider)?,
        Trust::Bundle(pem) => Arc::new(Trusting::new(bundle(pem, &tls.variables)?, provider)?),
        Trust::Anything => Arc::new(AcceptAnything(provider)),
    };
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier))
}

/// The certificates that are trusted beside the platform's; none where their file cannot be read.
fn extra(tls: &Tls) -> Vec<CertificateDer<'static>> {
    let Some(pem) = &tls.extra_trust else { return Vec::new() };
    let text = pem.read("the extra CA certificates", ErrorKind::Ssl, &tls.variables);
    // As Node and OpenSSL do, those up to the first that cannot be read.
    text.map(|text| CertificateDer::pem_slice_iter(&text).map_while(Result::ok).collect()).unwrap_or_default()
}

#[cfg(any(windows, target_vendor = "apple"))]
fn platform(tls: &Tls, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra(tls), provider);
    Ok(Arc::new(verifier.map_err(|e| impossible(&e))?))
}

/// The certificates that OpenSSL would take, by the variables of the client's own environment.
#[cfg(not(any(windows, target_vendor = "apple")))]
fn platform(tls: &Tls, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let named = |name| tls.variables.get(name).map(PathBuf::from).filter(|path| path.exists());
    let file = named("SSL_CERT_FILE").or_else(|| BUNDLES.iter().map(PathBuf::from).find(|path| path.exists()));
    let folders = tls.variables.get("SSL_CERT_DIR").unwrap_or_default();
    let folders = std::env::split_paths(&folders).chain(FOLDERS.iter().map(PathBuf::from));
    let folders = folders.filter(|path| path.is_dir()).map(|folder| load_certs_from_paths(None, Some(&folder)));
    let found = load_certs_from_paths(file.as_deref(), None);
    let (mut certificates, mut errors) = (found.certs, found.errors);
    certificates.extend(extra(tls));
    for found in folders {
        certificates.extend(found.certs);
        errors.extend(found.errors);
    }
    let unread = |e: &rustls_native_certs::Error| match &e.kind {
        rustls_native_certs::ErrorKind::Io { inner, .. } if resource_limits::cure(inner).is_some() => {
            Some(resource_limits::refused("the system's CA certificates cannot be read", inner))
        }
        _ => None,
    };
    if let Some(error) = errors.iter().find_map(unread) {
        return Err(error);
    }
    certificates.sort_unstable_by(|one, other| one.as_ref().cmp(other.as_ref()));
    certificates.dedup();
    if certificates.is_empty() {
        return Err(impossible(
            &"no CA certificates were found on this system; install them (package ca-certificates) or name a bundle with \
              AWS_CA_BUNDLE",
        ));
    }
    Ok(Arc::new(Trusting::new(certificates, provider)?))
}

/// Where systems keep all certificates in one file, the first that is there; and where they keep one in each.
#[cfg(not(any(windows, target_vendor = "apple")))]
const BUNDLES: [&str; 9] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/ssl/cert.pem",
    "/etc/ssl/cacert.pem",
    "/etc/certs/ca-certificates.crt",
];
#[cfg(not(any(windows, target_vendor = "apple")))]
const FOLDERS: [&str; 4] = ["/etc/ssl/certs", "/etc/pki/tls/certs", "/usr/local/share/certs", "/etc/certs/CA"];

fn bundle(pem: &Pem, variables: &Variables) -> Result<Vec<CertificateDer<'static>>, Error> {
    let fail = |e: &dyn fmt::Display| Error::new(ErrorKind::Ssl, format!("the CA bundle {pem} cannot be used: {e}"));
    let text = pem.read("the CA bundle", ErrorKind::Ssl, variables)?;
    let form = b"-----BEGIN TRUSTED CERTIFICATE-----";
    if text.windows(form.len()).any(|window| window == form) {
        let cure = "use `openssl x509 -in FILE -out NEW` for each";
        return Err(fail(&format!(
            "a TRUSTED CERTIFICATE in it is of OpenSSL's own form, which is not supported; {cure}"
        )));
    }
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|e| fail(&e))?;
    let (good, _) = RootCertStore::empty().add_parsable_certificates(certificates.iter().cloned());
    if good == 0 {
        return Err(fail(&"it holds no certificate"));
    }
    Ok(certificates)
}

fn impossible(error: &dyn fmt::Display) -> Error {
    Error::new(ErrorKind::Ssl, format!("TLS cannot be set up: {error}"))
}

/// Trusts what authorities have signed, and a server's certificate that stands among them itself.
#[derive(Debug)]
struct Trusting {
    by_authority: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
}

impl Trusting {
    fn new(trusted: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Trusting, Error> {
        let mut authorities = RootCertStore::empty();
        authorities.add_parsable_certificates(trusted.iter().cloned());
        let verifier = WebPkiServerVerifier::builder_with_provider(authorities.into(), provider).build();
        Ok(Trusting { by_authority: verifier.map_err(|e| impossible(&e))?, trusted })
    }
}

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.by_authority.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // As `openssl req -x509` makes it. By then the time of its validity has been checked, its name not.
            Err(error) if is_authority_itself(&error) && self.trusted.iter().any(|known| known == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.by_authority.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.by_authority.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_authority.supported_verify_schemes()
    }
}

/// Whether a certificate was refused only because it is an authority's.
pub(crate) fn is_authority_itself(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(cause))) = error else { return false };
    matches!(cause.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// `verify=False`: takes any certificate, one that cannot be read too. Whether the peer holds its key is not checked either:
/// of a certificate that anybody can make that proves nothing.
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
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
