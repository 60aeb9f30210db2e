//! One HTTP exchange: connections, TLS, proxies, and what each way of failing is called.

pub(crate) mod cause;
pub(crate) mod large_body;
pub mod other;
pub(crate) mod proxy;
pub mod tls;
pub(crate) mod transport;
