//! Runs `tests/vectors`, the cases that all three languages share, through the engine with a clock that stands still.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::call::options::Call;
use crate::call::orchestrator::Response;
use crate::call::request::{mark_attempt, signed, unsigned, url_of};
use crate::client::{Client, PrepareError};
use crate::codec::json_host::JsonBuilder;
use crate::codec::report::{Reason, Violation};
use crate::codec::timestamp::Timestamp;
use crate::config::options::Options;
use crate::config::static_credentials::StaticCredentials;
use crate::error::kinds::Error;
use crate::error::response::{RawResponse, error_of};
use crate::runtime::environment::{Environment, Variables};
use crate::schema::Operation;

#[test]
fn requests_are_the_same_to_the_byte_and_to_the_signature() {
    let ran = each_case("requests", |client, case| {
        let client = client.map_err(|e| e.to_string())?;
        let call = prepared(&client, case)?;
        let inner = client.context();
        let url = url_of(inner, &call);
        let identity = futures(inner.credentials.identity(&inner.env, None)).map_err(|e| e.to_string())?;
        let request = unsigned(inner, &call, &url, "id").and_then(|mut request| {
            mark_attempt(&mut request, 1, call.limits.max_attempts)?;
            signed(inner, request, &identity, (inner.env.now)())
        });
        let request = request.map_err(|e| e.to_string())?;
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        let given = json!({
            "method": request.method.as_str(),
            "url": request.url.as_str(),
            "body": String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()),
            "authorization": header("authorization"),
            "content-type": header("content-type"),
        });
        same(&given, &case["request"])
    });
    assert!(ran > 150, "only {ran} cases ran");
}

#[test]
fn inputs_are_refused_for_the_same_faults_in_the_same_order() {
    let ran = each_case("validation", |client, case| {
        let client = client.map_err(|e| e.to_string())?;
        let operation = operation(&client, case)?;
        let faults = match client.prepare(operation, &untagged(&case["input"])) {
            Ok(_) => Vec::new(),
            Err(PrepareError::Error(error)) => error.faults().iter().map(report).collect(),
            Err(PrepareError::Host(never)) => match never {},
        };
        same(&Value::Array(faults), &case["faults"])
    });
    assert!(ran > 120, "only {ran} cases ran");
}

#[test]
fn answers_become_the_same_results_and_errors() {
    let ran = each_case("responses", |client, case| {
        let client = client.map_err(|e| e.to_string())?;
        let (operation, answer) = (operation(&client, case)?, answer(&case["response"]));
        if let Some(due) = case.get("error") {
            let error = error_of(client.service(), operation, &answer, None);
            return same(&reported(&error), due);
        }
        let metadata = answer.metadata();
        let given = json!({ "RequestId": metadata.request_id, "HostId": metadata.host_id });
        let due = &case["result"]["ResponseMetadata"];
        same(&given, &json!({ "RequestId": due["RequestId"], "HostId": due["HostId"] }))?;
        let response = Response { body: answer.body, metadata, attempts: Vec::new(), max_attempts_reached: false };
        let mut builder = JsonBuilder::default();
        client.decode(operation, &response, &mut builder).map_err(|e| e.to_string())?;
        let result: Value = serde_json::from_str(&builder.finish()).map_err(|e| e.to_string())?;
        let mut due = case["result"].clone();
        due.as_object_mut().map(|members| members.remove("ResponseMetadata"));
        same(&result, &in_milliseconds(&due))
    });
    assert!(ran > 250, "only {ran} cases ran");
}

#[test]
fn endpoints_follow_from_region_and_options() {
    let ran = each_case("endpoints", |client, case| {
        let given = match client {
            Ok(client) => {
                let endpoint = &client.config().endpoint;
                json!({ "url": endpoint.url, "signing_region": endpoint.signing_region })
            }
            Err(error) => json!({ "error": { "class": error.kind().class() } }),
        };
        let due: Map<String, Value> =
            case.as_object().into_iter().flatten().fold(Map::new(), |mut due, (key, value)| {
                if matches!(key.as_str(), "url" | "signing_region" | "error") {
                    due.insert(key.clone(), value.clone());
                }
                due
            });
        same(&given, &Value::Object(due))
    });
    assert!(ran > 300, "only {ran} cases ran");
}

/// Runs `check` on every case of a folder that JSON alone can express, and fails with all that differ.
fn each_case(folder: &str, check: impl Fn(Result<Client, Error>, &Value) -> Result<(), String>) -> usize {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(folder);
    let (mut ran, mut failed) = (0, Vec::new());
    for service in crate::schema::generated::SERVICES {
        let text = std::fs::read_to_string(folder.join(format!("{}.json", service.name))).expect("a file of cases");
        let cases: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
        for case in cases.iter().filter(|case| !is_for_python(case)) {
            ran += 1;
            let client = Client::in_world(service, &options(&case["config"]), env(&case["config"]));
            if let Err(difference) = check(client, case) {
                failed.push(format!("{}: {difference}", case["name"]));
            }
        }
    }
    assert!(failed.is_empty(), "{} of {ran} cases differ:\n{}", failed.len(), failed.join("\n"));
    ran
}

/// Whether the case has values that only Python has, or a boolean where a whole number is due.
fn is_for_python(case: &Value) -> bool {
    fn tagged(value: &Value) -> bool {
        match value {
            Value::Object(map) => {
                map.iter().any(|(key, value)| (key.starts_with('$') && key != "$dt") || tagged(value))
            }
            Value::Array(items) => items.iter().any(tagged),
            _ => false,
        }
    }
    let about = case["about"].as_str().unwrap_or_default();
    ["bool-as-int", "below-min-bool", "above-max-bool"].iter().any(|tag| about.contains(tag)) || tagged(&case["input"])
}

fn options(config: &Value) -> Options {
    let text = |name: &str| config[name].as_str().map(str::to_owned);
    Options {
        region: if config.get("region").is_some() { text("region") } else { Some("us-east-1".to_owned()) },
        endpoint_url: text("endpoint_url"),
        use_fips: config["use_fips"].as_bool(),
        use_dual_stack: config["use_dualstack"].as_bool(),
        credentials: Some(StaticCredentials {
            access_key_id: text("access_key").unwrap_or_else(|| "AKIDEXAMPLE".to_owned()),
            secret_access_key: text("secret_key")
                .unwrap_or_else(|| "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            session_token: text("session_token"),
        }),
        ..Options::default()
    }
}

fn env(config: &Value) -> Environment {
    let now = config["now"].as_str().unwrap_or("2024-02-29T12:34:56+00:00");
    let now: jiff::Timestamp = now.parse().expect("a time with its offset");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_second().try_into().expect("a time after 1970"));
    let uuid = config["uuid"].as_str().unwrap_or("6bfe7a3c-6c37-4a3b-8f3d-0d2d1a0b0c0d");
    let uuid = Uuid::parse_str(uuid).expect("a UUID");
    Environment {
        now: Arc::new(move || now),
        random: Arc::new(|| 0.5),
        variables: Variables::default(),
        uuid: Arc::new(move || uuid),
        invocation_id: Arc::new(move || uuid),
        sleep: Arc::new(|_| Box::pin(std::future::ready(()))),
    }
}

fn operation(client: &Client, case: &Value) -> Result<&'static Operation, String> {
    let name = case["operation"].as_str().unwrap_or_default();
    client.service().operation(name).ok_or_else(|| format!("no operation {name}"))
}

fn prepared(client: &Client, case: &Value) -> Result<Call, String> {
    match client.prepare(operation(client, case)?, &untagged(&case["input"])) {
        Ok(call) => Ok(call),
        Err(PrepareError::Error(error)) => Err(error.to_string()),
        Err(PrepareError::Host(never)) => match never {},
    }
}

/// A datetime as text; one without an offset is in UTC.
fn untagged(value: &Value) -> Value {
    match value {
        Value::Object(map) => match map.get("$dt").and_then(Value::as_str) {
            Some(text) if text.contains('+') => Value::String(text.to_owned()),
            Some(text) => Value::String(format!("{text}Z")),
            None => map.iter().map(|(key, value)| (key.clone(), untagged(value))).collect(),
        },
        Value::Array(items) => items.iter().map(untagged).collect(),
        other => other.clone(),
    }
}

/// Datetimes as [`JsonBuilder`] writes them.
fn in_milliseconds(value: &Value) -> Value {
    match value {
        Value::Object(map) => match map.get("$dt").and_then(Value::as_str) {
            Some(text) => json!(Timestamp::parse(text).expect("a datetime").micros.div_euclid(1000)),
            None => map.iter().map(|(key, value)| (key.clone(), in_milliseconds(value))).collect(),
        },
        Value::Array(items) => items.iter().map(in_milliseconds).collect(),
        other => other.clone(),
    }
}

fn report(fault: &Violation) -> Value {
    let mut out = json!({ "reason": fault.reason.name(), "path": fault.path });
    match &fault.reason {
        Reason::Missing { name } => out["required_name"] = json!(name),
        Reason::Unknown { name, .. } => out["unknown_param"] = json!(name),
        Reason::Length { min, .. } => out["min_allowed"] = json!(min),
        Reason::Range { min, .. } => out["min_allowed"] = json!(min),
        _ => {}
    }
    out
}

fn answer(response: &Value) -> RawResponse {
    let mut headers = HeaderMap::new();
    for pair in response["headers"].as_array().into_iter().flatten() {
        let name: HeaderName = pair[0].as_str().unwrap_or_default().parse().expect("a header's name");
        let value = pair[1].as_str().unwrap_or_default();
        // Python writes headers as Latin-1.
        let octets: Vec<u8> = value.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
        headers.append(name, HeaderValue::from_bytes(&octets).expect("a header's value"));
    }
    let status = response["status"].as_u64().and_then(|status| status.try_into().ok()).unwrap_or_default();
    let body = Bytes::from(response["body"].as_str().unwrap_or_default().to_owned());
    RawResponse { status, headers, body }
}

fn reported(error: &Error) -> Value {
    let service = error.service_error().expect("an error of the service");
    let mut response = Map::new();
    if let (Some(code), Some(message)) = (&service.code, &service.message) {
        response.insert("Error".to_owned(), json!({ "Message": message, "Code": code }));
    }
    let metadata = &service.response;
    let headers: Map<String, Value> = metadata.headers.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
    let mut shown = json!({ "HTTPStatusCode": metadata.status, "HTTPHeaders": headers });
    for (name, id) in [("RequestId", &metadata.request_id), ("HostId", &metadata.host_id)] {
        if let Some(id) = id {
            shown[name] = json!(id);
        }
    }
    response.insert("ResponseMetadata".to_owned(), shown);
    response.extend(service.members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    json!({ "class": service.class.unwrap_or("ClientError"), "message": error.message(), "response": response })
}

fn same(given: &Value, due: &Value) -> Result<(), String> {
    if given == due { Ok(()) } else { Err(format!("\n   given {given}\n   due   {due}")) }
}

/// Runs a future that never waits.
fn futures<T>(future: impl Future<Output = T>) -> T {
    crate::runtime::builder::runtime().expect("a runtime").block_on(future)
}
