//! The client from outside, over real sockets.

mod calls;
mod configuration;
mod dependencies;
mod peers;
mod properties;
mod retries;
mod secrets;
mod support;
