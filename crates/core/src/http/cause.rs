//! What happened on a connection that failed, where that is certain.

use std::error::Error as StdError;
use std::io;

use rustls::InvalidMessage;

use crate::error::cause::Cause;
use crate::error::kinds::ErrorKind;
use crate::error::network_cause::{self, NetworkCause};
use crate::http::tls;

/// The cause of an error of that kind. What happened on the way to a proxy says nothing of the host: then it is not `direct`.
pub(crate) fn of(error: &(dyn StdError + 'static), kind: ErrorKind, scheme: &str, direct: bool) -> Option<Cause> {
    match kind {
        ErrorKind::Ssl => chain(error).filter_map(<dyn StdError>::downcast_ref).find_map(of_handshake),
        ErrorKind::EndpointConnection if direct => {
            let of_io = |error: &io::Error| of_io(error, scheme == "https");
            chain(error).filter_map(<dyn StdError>::downcast_ref).find_map(of_io)
        }
        ErrorKind::ConnectionClosed if direct && scheme == "http" => without_answer(error),
        _ => None,
    }
}

fn of_handshake(error: &rustls::Error) -> Option<Cause> {
    let rustls::Error::InvalidCertificate(certificate) = error else {
        let of_no_tls = matches!(error, rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType));
        return of_no_tls.then_some(Cause::NotTls);
    };
    match network_cause::of_certificate(certificate) {
        Some(NetworkCause::CertificateUntrusted) => Some(Cause::Untrusted),
        Some(NetworkCause::CertificateForAnotherName) => Some(Cause::OtherName),
        Some(NetworkCause::CertificateExpired) => Some(Cause::OutOfDate),
        // Signed by itself, as `openssl req -x509` makes it.
        _ => tls::is_authority_itself(error).then_some(Cause::Untrusted),
    }
}

/// Of an error before the connection stood: with TLS, before the end of its handshake.
fn of_io(error: &io::Error, over_tls: bool) -> Option<Cause> {
    const HOST_NOT_FOUND: i32 = 11001;
    if over_tls && matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) {
        return Some(Cause::NoHandshake);
    }
    match network_cause::of_io(error) {
        Some(NetworkCause::Refused) => Some(Cause::Refused),
        Some(NetworkCause::NameNotFound | NetworkCause::ResolverUnavailable) => Some(Cause::NoAddress),
        // The number of Windows.
        _ => (cfg!(windows) && error.raw_os_error() == Some(HOST_NOT_FOUND)).then_some(Cause::NoAddress),
    }
}

fn without_answer(error: &(dyn StdError + 'static)) -> Option<Cause> {
    let of_http: Vec<&hyper::Error> = chain(error).filter_map(<dyn StdError>::downcast_ref).collect();
    if of_http.iter().any(|error| error.is_parse()) {
        return Some(Cause::NotHttp);
    }
    // No predicate tells it: then there was a head.
    if of_http.iter().any(|error| error.to_string().starts_with("error reading a body")) {
        return None;
    }
    let gone = |error: &io::Error| {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
    };
    let ended = of_http.iter().any(|error| error.is_incomplete_message())
        || chain(error).filter_map(<dyn StdError>::downcast_ref).any(gone);
    ended.then_some(Cause::Unanswered)
}

/// An error and those behind it.
pub(crate) fn chain<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| next_in_chain(*error))
}

fn next_in_chain<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e (dyn StdError + 'static)> {
    // An I/O error hides the error that it was made of.
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source())
}
