//! A success of any operation, whatever its body: a result, or an error that says what is wrong with it.
#![no_main]

use std::sync::LazyLock;

use chimeline_core::Client;
use chimeline_core::schema::Operation;
use chimeline_core::testing::fuzzing::{check, operations, outcome};
use libfuzzer_sys::fuzz_target;

static OPERATIONS: LazyLock<Vec<(Client, &Operation)>> = LazyLock::new(operations);

fuzz_target!(|data: &[u8]| {
    let [choice, body @ ..] = data else { return };
    let (client, operation) = &OPERATIONS[usize::from(*choice) % OPERATIONS.len()];
    check(&outcome(client, operation, 200, &[], body));
});
