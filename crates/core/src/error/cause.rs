//! Why an exchange failed, where that is certain: what hints go by.

/// Why an exchange with a host failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The certificate is of an authority that is not trusted.
    Untrusted,
    /// The certificate is for other hosts.
    OtherName,
    /// The certificate has expired, or is not valid yet.
    OutOfDate,
    /// What came in the TLS handshake is none.
    NotTls,
    /// The connection ended in the middle of the TLS handshake.
    NoHandshake,
    /// What came in place of an answer to a request without TLS is none.
    NotHttp,
    /// A request without TLS was not answered at all.
    Unanswered,
    /// The host's name has no address.
    NoAddress,
    /// Nothing listens there.
    Refused,
    /// It was not the service's host, but one that gives credentials.
    OfCredentials,
}
