//! The local Chime service: a real HTTP server for the three services, to run clients against without an account.
//!
//! It routes and validates by the schema tables of the core, verifies SigV4 signatures, and keeps state in memory.
//!
//! ```
//! use chimeline_local::{LocalServer, Options};
//!
//! let server = LocalServer::start(Options::default())?;
//! println!("{}", server.url()); // http://127.0.0.1:PORT
//! server.stop();
//! # Ok::<(), chimeline_core::Error>(())
//! ```
//!
//! A binding needs [`Options`], [`LocalServer`] and [`run_command`], and nothing else.

mod actions;
mod auth;
mod command;
mod faults;
mod input;
mod kind;
mod legacy;
mod media_pipelines;
mod meetings;
mod options;
mod page;
mod refusal;
mod route;
mod server;
mod service;
mod store;
mod tags;
mod work;

pub use command::run_command;
pub use options::Options;
pub use server::LocalServer;
