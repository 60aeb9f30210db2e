//! The flows, by the names that hosts start them with.

pub(crate) mod artifacts;
pub(crate) mod bulk;
pub(crate) mod captures;
mod concatenate;
pub(crate) mod events;
mod follow;
mod journaled;
mod meetings;
pub(crate) mod options;
mod reap;
mod start;
mod stop;

use std::pin::Pin;

use serde_json::Value;

use crate::engine::{Failure, Host};

/// A flow under way.
pub(crate) type Flow = Pin<Box<dyn Future<Output = Result<Value, Failure>> + Send>>;

/// The service of meetings.
pub(crate) const MEETINGS: &str = "chime-sdk-meetings";

/// Reads the input of a flow, which fails for what cannot be right, and begins it.
pub(crate) fn begin(name: &str, input: &Value, host: Host) -> Result<Flow, Failure> {
    Ok(match name {
        "ensure_meeting" => Box::pin(meetings::ensure(host, meetings::Ensure::read(input)?)),
        "people" => Box::pin(meetings::people(host, meetings::People::read(input)?)),
        "start_recording" => Box::pin(start::start(host, start::Start::read(input)?)),
        "stop_recording" => Box::pin(stop::stop(host, stop::Stop::read(input)?)),
        "concatenate" => Box::pin(concatenate::run(host, concatenate::Concatenate::read(input)?)),
        "artifacts" => Box::pin(artifacts::artifacts(host, artifacts::Artifacts::read(input)?)),
        "resolve_event" => Box::pin(events::resolve(host, events::Resolve::read(input)?)),
        "follow" => Box::pin(follow::follow(host, follow::Follow::read(input)?)),
        "reap" => Box::pin(reap::reap(host, reap::Reap::read(input)?)),
        "account" => Box::pin(crate::preflight::account(host, crate::preflight::Preflight::read(input)?)),
        "preflight" => Box::pin(crate::preflight::preflight(host, crate::preflight::Preflight::read(input)?)),
        _ => return Err(Failure::Invalid(format!("there is no flow {name:?}"))),
    })
}
