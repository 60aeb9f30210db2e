//! The local service over real sockets, as clients and tests of its users see it.

mod chime;
mod example;
mod http;
mod lifecycle;
mod limits;
mod media_pipelines;
mod meetings;
mod signatures;
mod support;
