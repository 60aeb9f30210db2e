//! The steps of a call by themselves, timed for people. It is built apart from the crate's tests, which need no criterion:
//! `cargo bench --manifest-path tests/bench/rust/Cargo.toml`.

use std::hint::black_box;

use chimeline_core::testing::{fuzzing, measuring};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};

const REQUEST: &str = include_str!("../../../tests/bench/data/request.json");
const RESPONSE: &str = include_str!("../../../tests/bench/data/response.json");

fn calls(criterion: &mut Criterion) {
    let operations = fuzzing::operations();
    let named = |name: &str| {
        let mut of_chime = operations.iter().filter(|(client, _)| client.service().name == "chime");
        of_chime.find(|(_, operation)| operation.name == name).expect("an operation")
    };
    let (client, create) = named("CreateMediaCapturePipeline");
    let input: Value = serde_json::from_str(REQUEST).expect("JSON");
    criterion.bench_function("encode", |bencher| {
        bencher.iter(|| client.prepare(create, black_box(&input)).map_err(|_| "a valid input").expect("encoded"));
    });
    let call = client.prepare(create, &input).map_err(|_| "a valid input").expect("encoded");
    criterion
        .bench_function("sign", |bencher| bencher.iter(|| measuring::sign(client, black_box(&call)).expect("signed")));
    let answer = |bencher: &mut criterion::Bencher<'_>, name: &str, body: String| {
        let ((client, operation), body) = (named(name), bytes::Bytes::from(body));
        bencher.iter(|| measuring::decode(client, operation, black_box(body.clone())).expect("a result"));
    };
    criterion.bench_function("decode", |bencher| answer(bencher, "CreateMediaCapturePipeline", RESPONSE.to_owned()));
    let response: Value = serde_json::from_str(RESPONSE).expect("JSON");
    let page = json!({"MediaCapturePipelines": vec![&response["MediaCapturePipeline"]; 99]}).to_string();
    criterion.bench_function("decode a page of 99", |bencher| {
        answer(bencher, "ListMediaCapturePipelines", page.clone());
    });
}

criterion_group!(steps, calls);
criterion_main!(steps);
