//! The client from outside, over real sockets.

mod calls;
mod configuration;
mod credentials;
mod dependencies;
mod logins;
mod peers;
mod properties;
mod retries;
mod secrets;
mod support;
