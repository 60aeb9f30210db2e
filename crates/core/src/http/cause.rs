//! What happened on a connection that failed, where that is certain.

use std::error::Error as StdError;
use std::io;

use rustls::{CertificateError, InvalidMessage};

use crate::error::cause::Cause;
use crate::error::kinds::ErrorKind;
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
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        UnknownIssuer,
    };
    let rustls::Error::InvalidCertificate(certificate) = error else {
        let of_no_tls = matches!(error, rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType));
        return of_no_tls.then_some(Cause::NotTls);
    };
    match certificate {
        UnknownIssuer => Some(Cause::Untrusted),
        NotValidForName | NotValidForNameContext { .. } => Some(Cause::OtherName),
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => Some(Cause::OutOfDate),
        // Signed by itself, as `openssl req -x509` makes it.
        _ => tls::is_authority_itself(error).then_some(Cause::Untrusted),
    }
}

/// Of an error before the connection stood: with TLS, before the end of its handshake.
fn of_io(error: &io::Error, over_tls: bool) -> Option<Cause> {
    // The error of a lookup has no kind of its own. The text is the standard library's, the number is Windows'.
    const HOST_NOT_FOUND: i32 = 11001;
    let nameless = error.to_string().starts_with("failed to lookup address information")
        || cfg!(windows) && error.raw_os_error() == Some(HOST_NOT_FOUND);
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(Cause::Refused),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset if over_tls => Some(Cause::NoHandshake),
        _ => nameless.then_some(Cause::NoAddress),
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
