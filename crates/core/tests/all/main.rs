//! The client from outside, over real sockets.

mod calls;
mod dependencies;
mod properties;
mod retries;
mod secrets;
mod support;
