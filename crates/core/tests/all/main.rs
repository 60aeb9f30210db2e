//! The client from outside, over real sockets.

#![allow(clippy::disallowed_methods, reason = "what users see is measured by the clock on the wall")]

mod agents;
mod authority;
mod calls;
mod chaos;
mod clock;
mod configuration;
mod connections;
mod credentials;
mod deadlines;
mod dependencies;
mod faults;
mod files;
mod host;
mod interrupts;
mod listeners;
mod logins;
mod peers;
mod properties;
mod proxy;
mod retries;
mod secrets;
mod support;
