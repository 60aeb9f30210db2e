//! The local service, for tests and for the command line.

#![expect(clippy::needless_pass_by_value, reason = "the form that napi calls")]

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use chimeline_core::Keys;
use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_local::{LocalServer as Server, Options, run_command};
use napi_derive::napi;
use serde::Deserialize;

use crate::options::{GivenKeys, read};
use crate::record;

/// A local server; `LocalChime` of `chimeline/testing` is its public face.
#[napi]
pub struct LocalServer {
    server: Server,
}

#[napi]
impl LocalServer {
    /// Starts a server. `options` is the JSON that `node/lib/testing/testing.cjs` makes.
    ///
    /// # Errors
    /// With a record of the core's error as its reason.
    #[napi(constructor, catch_unwind)]
    pub fn new(options: String) -> napi::Result<LocalServer> {
        let made = || {
            let wrong = |why: String| Error::new(ErrorKind::InvalidConfig, why);
            let given: Given = read(&options)?;
            let unset = Options::default();
            let host: IpAddr = match given.host {
                None => unset.host,
                Some(text) => text.parse().map_err(|_| wrong(format!("host must be an IP address, not {text:?}")))?,
            };
            let pace = match given.pace {
                None => unset.pace,
                Some(millis) => duration(millis).ok_or_else(|| wrong(format!("pace cannot be {millis} ms")))?,
            };
            Server::start(Options {
                host,
                port: given.port.unwrap_or(unset.port),
                keys: given.credentials.map_or(unset.keys, |keys| vec![Keys::from(keys)]),
                region: given.region.unwrap_or(unset.region),
                account_id: given.account_id.unwrap_or(unset.account_id),
                pace,
                pipeline_quota: given.pipeline_quota,
                world: unset.world,
            })
        };
        Ok(LocalServer { server: made().map_err(|error| thrown(&error))? })
    }

    /// Where it listens.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url().to_owned()
    }

    /// The environment variables that point any AWS SDK to it.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn environment(&self) -> HashMap<String, String> {
        self.server.environment().into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Moves the clock of resources ahead.
    #[napi(catch_unwind)]
    pub fn advance(&self, millis: f64) {
        self.server.advance(duration(millis).unwrap_or_default());
    }

    /// Answers the next requests with an error.
    ///
    /// # Errors
    /// With a record of the core's error as its reason.
    #[napi(catch_unwind)]
    pub fn fail_next(&self, times: u32, status: u16, code: String) -> napi::Result<()> {
        let times = usize::try_from(times).unwrap_or(usize::MAX);
        self.server.fail_next(times, status, &code).map_err(|error| thrown(&error))
    }

    /// Stops it.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.server.stop();
    }
}

/// Runs the command line until a signal ends it; gives the exit code.
#[napi(catch_unwind)]
#[must_use]
pub fn run_local(arguments: Vec<String>) -> i32 {
    run_command(&arguments)
}

/// Times in milliseconds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    host: Option<String>,
    port: Option<u16>,
    credentials: Option<GivenKeys>,
    region: Option<String>,
    account_id: Option<String>,
    pace: Option<f64>,
    pipeline_quota: Option<usize>,
}

fn thrown(error: &Error) -> napi::Error {
    napi::Error::from_reason(record::error(error, None).to_string())
}

fn duration(millis: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(millis / 1e3).ok()
}
