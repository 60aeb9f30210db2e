//! The project's generator.
//!
//! `cargo xtask import BOTOCORE_DIR SERVICE...` copies the facts of service models (never their texts) into `model/`;
//! `cargo xtask gen` writes everything that follows from them; `cargo xtask gen --check` fails when that differs from
//! what is committed; `cargo xtask version X.Y.Z` sets the version everywhere; `cargo xtask words` finds replaced identifiers.

mod docs;
mod emit;
mod errors;
mod examples;
mod import;
mod model;
mod options;
mod paths;
mod services;
mod version;
mod waiters;
mod words;
mod write;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask import BOTOCORE_DIR (SERVICE|partitions)... | cargo xtask gen [--check] | cargo xtask version X.Y.Z | cargo xtask words";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["import", botocore, names @ ..] if !names.is_empty() => import::run(botocore.as_ref(), names),
        ["gen"] => write::run(false),
        ["gen", "--check"] => write::run(true),
        ["version", version] => version::run(version),
        ["words"] => words::run(),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
