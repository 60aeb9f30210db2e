//! A way in for the benchmarks, which measure one step of a call by itself.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::call::options::Call;
use crate::call::orchestrator::Response;
use crate::call::request::{signed, unsigned, url_of};
use crate::client::Client;
use crate::codec::json_host::JsonBuilder;
use crate::credentials::static_credentials::identity;
use crate::error::kinds::{Error, ResponseMetadata};
use crate::schema::Operation;
use crate::testing::fuzzing::keys;

/// The request of a call, made and signed for a fixed time: how many headers it has.
pub fn sign(client: &Client, call: &Call) -> Result<usize, Error> {
    let (client, time) = (client.context(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_210_096));
    let url = url_of(client, call);
    let request = unsigned(client, call, &url, "c8f3ab1e-93d1-4a49-9b2d-0f4a2b7c6d5e")?;
    Ok(signed(client, request, &identity(&keys()), time)?.headers.len())
}

/// The length of an answer's result as JSON.
pub fn decode(client: &Client, operation: &'static Operation, body: Bytes) -> Result<usize, Error> {
    let metadata = ResponseMetadata { status: 201, headers: Vec::new(), request_id: None, host_id: None };
    let response = Response { body, metadata, attempts: Vec::new(), max_attempts_reached: false };
    let mut builder = JsonBuilder::default();
    client.decode(operation, &response, &mut builder)?;
    Ok(builder.finish().len())
}
