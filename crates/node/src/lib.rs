//! The native part of the Node package: the core's clients for JavaScript, without a thread of Node's ever waiting.
//!
//! What crosses is text: an input comes as JSON, or as tagged JSON where it holds what JSON cannot say, and outcomes go back
//! as JSON, many at once. Promises, classes and Dates are made in JavaScript.

mod bridge;
mod cli;
mod client;
mod input;
mod local;
mod options;
mod question;
mod record;
mod recording;
mod shape;

use napi_derive::napi;

/// The version of the package.
#[napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Whether the module was built for speed.
#[napi]
pub const OPTIMIZED: bool = !cfg!(debug_assertions);
