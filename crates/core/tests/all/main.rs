//! The client from outside, over real sockets.

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
