//! Why a connection failed, as the operating system, the resolver or TLS says it: what hosts have codes of their own for.

use std::error::Error as StdError;
use std::io;

use rustls::CertificateError;

/// Why a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkCause {
    /// Nobody listens at the port.
    Refused,
    /// The peer closed the connection.
    Reset,
    /// The peer closed the connection within its response.
    Truncated,
    /// The peer closed the connection while something was written.
    BrokenPipe,
    /// There is no route to the host or its network.
    Unreachable,
    /// The name has no address.
    NameNotFound,
    /// The resolver does not answer at the moment.
    ResolverUnavailable,
    /// No connection, or no response, within the limit.
    TimedOut,
    /// The certificate has expired, or is not valid yet.
    CertificateExpired,
    /// The certificate is for other names.
    CertificateForAnotherName,
    /// No authority that is trusted signed the certificate.
    CertificateUntrusted,
}

/// The cause among an error and those behind it.
pub(crate) fn network_cause<'e>(mut chain: impl Iterator<Item = &'e (dyn StdError + 'static)>) -> Option<NetworkCause> {
    chain.find_map(|error| {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return of_io(error);
        }
        if let Some(rustls::Error::InvalidCertificate(why)) = error.downcast_ref() {
            return of_certificate(why);
        }
        // A connection that ends before its response, where nothing of the operating system says so.
        let closed = |error: &hyper::Error| error.is_incomplete_message() || error.is_closed() || error.is_canceled();
        error.downcast_ref().filter(|error| closed(error)).map(|_| NetworkCause::Reset)
    })
}

pub(crate) fn of_io(error: &io::Error) -> Option<NetworkCause> {
    use io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => Some(NetworkCause::Refused),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => Some(NetworkCause::Reset),
        ErrorKind::UnexpectedEof => Some(NetworkCause::Truncated),
        ErrorKind::BrokenPipe => Some(NetworkCause::BrokenPipe),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Some(NetworkCause::Unreachable),
        ErrorKind::TimedOut => Some(NetworkCause::TimedOut),
        // The resolver's errors have no kind. The text is that of the standard library, before that of the C library.
        _ => error.to_string().strip_prefix("failed to lookup address information: ").map(|why| {
            let temporary = ["Temporary failure", "Try again", "temporarily"].iter().any(|text| why.contains(text));
            if temporary { NetworkCause::ResolverUnavailable } else { NetworkCause::NameNotFound }
        }),
    }
}

pub(crate) fn of_certificate(why: &CertificateError) -> Option<NetworkCause> {
    match why {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Some(NetworkCause::CertificateExpired),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Some(NetworkCause::CertificateForAnotherName)
        }
        CertificateError::UnknownIssuer => Some(NetworkCause::CertificateUntrusted),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as StdError;
    use std::io;

    use super::{NetworkCause, network_cause};

    fn cause(error: &(dyn StdError + 'static)) -> Option<NetworkCause> {
        network_cause(std::iter::once(error))
    }

    #[test]
    fn errors_of_the_operating_system_have_their_cause() {
        let of = |kind| cause(&io::Error::from(kind));
        assert_eq!(of(io::ErrorKind::ConnectionRefused), Some(NetworkCause::Refused));
        assert_eq!(of(io::ErrorKind::ConnectionReset), Some(NetworkCause::Reset));
        assert_eq!(of(io::ErrorKind::TimedOut), Some(NetworkCause::TimedOut));
        assert_eq!(of(io::ErrorKind::PermissionDenied), None);
    }

    #[test]
    fn a_name_without_an_address_differs_from_a_resolver_that_is_down() {
        let of = |why: &str| cause(&io::Error::other(format!("failed to lookup address information: {why}")));
        assert_eq!(of("Name or service not known"), Some(NetworkCause::NameNotFound));
        assert_eq!(of("nodename nor servname provided, or not known"), Some(NetworkCause::NameNotFound));
        assert_eq!(of("Temporary failure in name resolution"), Some(NetworkCause::ResolverUnavailable));
    }
}
