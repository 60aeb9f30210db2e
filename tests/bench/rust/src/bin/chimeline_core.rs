//! chimeline's core without a host language: JSON values in, JSON text out. With the variant `work` no request is sent: encoding,
//! signing and decoding alone.

use std::time::Instant;

use chimeline_core::codec::json_host::JsonBuilder;
use chimeline_core::testing::measuring;
use chimeline_core::{Client, Options as ClientOptions, service};
use peers::{Options, REQUEST, processor, report};
use serde_json::Value;

fn main() {
    let options = Options::given();
    let service = service("chime-sdk-media-pipelines").expect("a service");
    let given = ClientOptions { endpoint_url: Some(options.text("endpoint").to_owned()), ..ClientOptions::default() };
    let client = Client::new(service, &given).expect("good options");
    let operation = service.operation("CreateMediaCapturePipeline").expect("an operation");
    let input: Value = serde_json::from_str(REQUEST).expect("JSON");
    let response = include_str!("../../../data/response.json");
    let is_work = options.text("variant") == "work";
    let call = || {
        let call = client.prepare(operation, &input).expect("a valid input");
        if is_work {
            measuring::sign(&client, &call).expect("a signature");
            measuring::decode(&client, operation, response.into()).expect("a result");
            return;
        }
        let answer = client.call_blocking(&call, &mut || true).expect("an answer");
        let mut builder = JsonBuilder::default();
        client.decode(operation, &answer, &mut builder).expect("a result");
        assert!(!builder.finish().is_empty());
    };
    if options.is_cold() {
        return call();
    }
    (0..options.number("warmup")).for_each(|_| call());
    let (began, before) = (Instant::now(), processor());
    (0..options.number("calls")).for_each(|_| call());
    report(&options, began.elapsed(), processor() - before);
}
