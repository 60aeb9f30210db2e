//! An answer of any other status, whatever its body and the headers that errors are read from: an error.
#![no_main]

use std::sync::LazyLock;

use chimeline_core::Client;
use chimeline_core::schema::Operation;
use chimeline_core::testing::fuzzing::{check, operations, outcome};
use libfuzzer_sys::fuzz_target;

static OPERATIONS: LazyLock<Vec<(Client, &Operation)>> = LazyLock::new(operations);
const HEADERS: [&str; 5] = ["x-amzn-errortype", "retry-after", "x-amz-retry-after", "date", "x-amzn-requestid"];

fuzz_target!(|data: &[u8]| {
    let [choice, status, rest @ ..] = data else { return };
    let (client, operation) = &OPERATIONS[usize::from(*choice) % OPERATIONS.len()];
    // A line for each header, then the body.
    let mut lines = rest.splitn(HEADERS.len() + 1, |byte| *byte == b'\n');
    let headers: Vec<(&str, &[u8])> = HEADERS.into_iter().zip(lines.by_ref().take(HEADERS.len())).collect();
    let done = outcome(client, operation, 300 + u16::from(*status), &headers, lines.next().unwrap_or_default());
    assert!(done.is_err());
    check(&done);
});
