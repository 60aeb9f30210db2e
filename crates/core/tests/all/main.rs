//! The client from outside, over real sockets.

mod calls;
mod dependencies;
mod retries;
mod support;
