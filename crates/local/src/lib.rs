//! The local Chime service: a real HTTP server for the three services, to run clients against without an account.
//!
//! It routes and validates by the schema tables of the core, verifies SigV4 signatures, and keeps state in memory or a file.
//!
//! From the top down: [`run_command`] and [`LocalServer`] over `server` (connections, requests, responses), `control` (the
//! control API), `backend` (engine, faults, recorded requests, events), `engine` (accounts, clock, journal), `http` (routes,
//! signatures, input), `operations` over `request` over `state` over the tables in `kinds`.
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
//! A binding needs [`Options::from_json`], [`LocalServer`] with its one door [`LocalServer::control`], and [`run_command`].

mod artifacts;
mod backend;
mod command;
mod control;
mod engine;
mod faults;
mod http;
mod kinds;
mod operations;
mod options;
mod outgoing;
mod page;
mod request;
mod server;
mod state;
mod time;

pub use command::run_command;
pub use options::{Account, Options, TokenReuse, UnknownMeetings};
pub use server::LocalServer;
