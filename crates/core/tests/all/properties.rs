//! What holds for every answer, error and timestamp, whoever sent it. `crates/core/fuzz` looks for exceptions for longer.

use chimeline_core::Client;
use chimeline_core::codec::timestamp::Timestamp;
use chimeline_core::schema::{Kind, Location, Operation, Shape, Structure};
use chimeline_core::testing::fuzzing::{check, operations, outcome};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

/// Microseconds that a double of seconds tells apart: of the years 1836 to 2103.
const MICROS: std::ops::Range<i64> = -4_200_000_000_000_000..4_200_000_000_000_000;

/// Dates at the ends of the calendar too.
const DATES: &str = "(0000|0001|9999|[-+]?[0-9]{4,6})-(0[1-9]|1[0-2])-[0-3][0-9](T[0-2][0-9](:[0-5][0-9]){0,2}([.,][0-9]{0,9})?(Z|[-+][0-2][0-9]:?[0-5][0-9])?)?";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_valid_document_decodes_to_what_was_encoded((client, operation, wire, due) in document()) {
        let text = outcome(&client, operation, 200, &[], wire.to_string().as_bytes()).expect("a result");
        prop_assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), due);
    }

    #[test]
    fn a_damaged_document_is_a_result_or_an_error(
        (client, operation, wire, _) in document(),
        damage in vec((any::<Index>(), any::<u8>()), 0..4),
        length in any::<Index>(),
        status in select(vec![200, 201, 204, 300, 302, 400, 403, 404, 429, 500, 503]),
    ) {
        let mut body = wire.to_string().into_bytes();
        for (place, byte) in damage {
            *place.get_mut(&mut body) = byte;
        }
        body.truncate(length.index(body.len()) + 1);
        check(&outcome(&client, operation, status, &[], &body));
    }

    #[test]
    fn arbitrary_octets_are_a_result_or_an_error(
        (client, operation) in operation(),
        status in 200_u16..600,
        header in vec(any::<u8>(), 0..40),
        body in vec(any::<u8>(), 0..400),
    ) {
        let headers = [("x-amzn-errortype", &header[..]), ("retry-after", &header), ("date", &header)];
        check(&outcome(&client, operation, status, &headers, &body));
    }

    #[test]
    fn an_error_keeps_its_code_and_its_message(
        (client, operation) in operation(),
        status in 400_u16..600,
        code in "[A-Za-z][A-Za-z0-9_]{0,30}",
        message in text(),
        place in select(vec!["header", "code", "Code", "__type"]),
    ) {
        let mut body = json!({ "message": message });
        let prefixed = format!("com.example#{code}:http://example.com/");
        let headers = if place == "header" { vec![("x-amzn-errortype", prefixed.as_bytes())] } else { vec![] };
        if place != "header" {
            body[place] = json!(prefixed);
        }
        let done = outcome(&client, operation, status, &headers, body.to_string().as_bytes());
        check(&done);
        let error = done.expect_err("an error");
        let answered = error.service_error().expect("an answer");
        prop_assert_eq!(answered.code.as_ref(), Some(&json!(code)));
        prop_assert_eq!(answered.message.as_ref(), Some(&json!(message)));
        prop_assert_eq!(error.attempts()[0].status, Some(status));
    }

    #[test]
    fn no_oddity_of_an_error_hides_the_rest(
        (client, operation) in operation(),
        odd in prop_oneof![odd_json(), any::<i64>().prop_map(|number| format!("{number}{}", "0".repeat(400)))],
        code in "[A-Za-z][A-Za-z0-9_]{0,30}",
        in_front in any::<bool>(),
    ) {
        let rest = format!("\"__type\":\"{code}\",\"code\":null,\"message\":\"said\"");
        let body = if in_front { format!("{{\"Odd\":{odd},{rest}}}") } else { format!("{{{rest},\"Odd\":{odd}}}") };
        let done = outcome(&client, operation, 400, &[], body.as_bytes());
        check(&done);
        let error = done.expect_err("an error");
        let answered = error.service_error().expect("an answer");
        prop_assert_eq!(answered.code.as_ref(), Some(&json!(code)), "{}", body);
        prop_assert_eq!(answered.message.as_ref(), Some(&json!("said")));
    }

    #[test]
    fn a_text_in_a_result_is_what_javascript_makes_well_formed(units in vec(prop_oneof![any::<u16>(), 0xD7FE_u16..0xE002], 0..12)) {
        let (client, operation) = listing();
        let escaped = units.iter().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"));
        let text = outcome(&client, operation, 200, &[], format!("{{\"NextToken\":\"{escaped}\"}}").as_bytes());
        let result: Value = serde_json::from_str(&text.expect("a result")).expect("JSON");
        prop_assert_eq!(result, json!({ "NextToken": String::from_utf16_lossy(&units) }));
    }

    #[test]
    fn octets_in_a_result_are_replaced_as_everywhere(octets in vec(any::<u8>().prop_filter("no end of a string", |b| *b >= 32 && *b != b'"' && *b != b'\\'), 0..12)) {
        let (client, operation) = listing();
        let body = [&b"{\"NextToken\":\""[..], &octets, b"\"}"].concat();
        let text = outcome(&client, operation, 200, &[], &body).expect("a result");
        let result: Value = serde_json::from_str(&text).expect("JSON");
        prop_assert_eq!(result, json!({ "NextToken": String::from_utf8_lossy(&octets) }));
    }

    #[test]
    fn of_a_member_that_stands_twice_the_last_counts((client, operation, wire, due) in document(), first in any_json()) {
        let Value::Object(members) = wire else { unreachable!("a document is an object") };
        let twice = |(name, value): (&String, &Value)| {
            let name = json!(name);
            format!("{name}:{first},{name}:{value}")
        };
        let body = format!("{{{}}}", members.iter().map(twice).collect::<Vec<_>>().join(","));
        let text = outcome(&client, operation, 200, &[], body.as_bytes()).expect("a result");
        prop_assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), due);
        let gone = members.keys().map(|name| format!("{}:null", json!(name))).collect::<Vec<_>>().join(",");
        let body = format!("{{{}{}{gone}}}", &body[1..body.len() - 1], if gone.is_empty() { "" } else { "," });
        prop_assert_eq!(outcome(&client, operation, 200, &[], body.as_bytes()).expect("a result"), "{}");
    }

    #[test]
    fn nesting_of_any_depth_is_borne((client, operation) in operation(), depth in 0_usize..50_000, status in select(vec![200, 400])) {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            for body in [nested.clone(), format!("{{\"unknown\":{nested}}}"), format!("{{\"NextToken\":{nested}}}")] {
                check(&outcome(&client, operation, status, &[], body.as_bytes()));
            }
        }
    }

    #[test]
    fn a_timestamp_is_read_as_it_was_written(micros in MICROS, offset in option::of(-1439_i32..1440)) {
        let time = Timestamp { micros, offset: Some(0) };
        prop_assert_eq!(Timestamp::parse(&time.to_iso8601()), Some(time));
        prop_assert_eq!(Timestamp::parse(&time.to_epoch_json()).map(|time| time.micros), Some(micros));
        let elsewhere = Timestamp { micros, offset: offset.map(|minutes| minutes * 60) };
        prop_assert_eq!(Timestamp::parse(&written(elsewhere)), Some(elsewhere));
    }

    #[test]
    fn what_is_read_as_a_timestamp_is_one(text in prop_oneof![any::<String>(), "[-+0-9TZ:. ]{0,40}", DATES]) {
        if let Some(time) = Timestamp::parse(&text) {
            prop_assert!(time.civil().is_some(), "{time:?}");
            prop_assert_eq!(Timestamp::parse(&written(time)), Some(time));
        }
    }
}

/// As a clock on the wall of its own offset shows it.
fn written(time: Timestamp) -> String {
    let at = time.civil().expect("a year from 1 to 9999");
    let offset = time.offset.map_or_else(String::new, |seconds| {
        let sign = if seconds < 0 { '-' } else { '+' };
        let seconds = seconds.abs();
        format!("{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    });
    let date = format!("{:04}-{:02}-{:02}", at.year, at.month, at.day);
    format!("{date}T{:02}:{:02}:{:02}.{:06}{offset}", at.hour, at.minute, at.second, at.micro)
}

/// An operation of any service, and a client of that service.
fn operation() -> impl Strategy<Value = (Client, &'static Operation)> {
    select(operations())
}

/// An operation, a document that its output may be, and what that decodes to.
fn document() -> impl Strategy<Value = (Client, &'static Operation, Value, Value)> {
    operation().prop_flat_map(|(client, operation)| {
        let body = operation.output.map_or_else(|| Just((json!({}), json!({}))).boxed(), structure);
        body.prop_map(move |(wire, due)| (client.clone(), operation, wire, due))
    })
}

type Both = BoxedStrategy<(Value, Value)>;

fn structure(structure: &'static Structure) -> Both {
    let body = structure.members.iter().filter(|member| member.location == Location::Body);
    let members: Vec<_> = body
        .map(|member| option::of(value(member.shape)).prop_map(move |value| value.map(|value| (member, value))))
        .collect();
    let split = |members: Vec<Option<_>>| {
        let (mut wire, mut due) = (Map::new(), Map::new());
        for (member, (sent, read)) in members.into_iter().flatten() {
            let member: &chimeline_core::schema::Member = member;
            wire.insert(member.wire.to_owned(), sent);
            due.insert(member.name.to_owned(), read);
        }
        (Value::Object(wire), Value::Object(due))
    };
    members.prop_map(split).boxed()
}

fn value(shape: &'static Shape) -> Both {
    let same = |value: Value| (value.clone(), value);
    match &shape.kind {
        Kind::Structure(members) => structure(members),
        Kind::List { item, .. } => {
            let split = |items: Vec<(Value, Value)>| {
                let (wire, due) = items.into_iter().unzip();
                (Value::Array(wire), Value::Array(due))
            };
            vec(value(item), 0..3).prop_map(split).boxed()
        }
        Kind::Map { value: values, .. } => {
            let split = |entries: std::collections::BTreeMap<String, (Value, Value)>| {
                let (mut wire, mut due) = (Map::new(), Map::new());
                for (key, (sent, read)) in entries {
                    wire.insert(key.clone(), sent);
                    due.insert(key, read);
                }
                (Value::Object(wire), Value::Object(due))
            };
            btree_map(text(), value(values), 0..3).prop_map(split).boxed()
        }
        Kind::String { .. } => text().prop_map(Value::String).prop_map(same).boxed(),
        Kind::Integer { .. } => any::<i64>().prop_map(Value::from).prop_map(same).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Value::Bool).prop_map(same).boxed(),
        Kind::Timestamp(_) => (MICROS, any::<bool>())
            .prop_map(|(micros, as_number)| {
                let time = Timestamp { micros, offset: Some(0) };
                let number = || serde_json::from_str(&time.to_epoch_json()).expect("a number");
                (if as_number { number() } else { json!(time.to_iso8601()) }, json!(micros.div_euclid(1000)))
            })
            .boxed(),
    }
}

/// An operation whose output has a text.
fn listing() -> (Client, &'static Operation) {
    let is_listing = |(_, operation): &(Client, &Operation)| operation.name == "ListMediaCapturePipelines";
    operations().into_iter().find(is_listing).expect("a known operation")
}

/// A small value of any kind.
fn any_json() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!([1])),
        Just(json!({"a": {}})),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from)
    ]
}

/// A value that one parser of JSON or another does not take.
fn odd_json() -> impl Strategy<Value = String> {
    let nested = (0_usize..3000, select(vec![("[", "]"), ("{\"a\":", "}")]))
        .prop_map(|(depth, (open, close))| format!("{}1{}", open.repeat(depth), close.repeat(depth)));
    let unit = any::<u16>().prop_map(|unit| format!("\"\\u{unit:04x}\""));
    let written =
        select(vec!["1e400", "-1E+999", "NaN", "-Infinity", "{\"x\":1,\"x\":NaN}", "\"a\u{1}\n\"", "[\"\\\"\t\"]"]);
    prop_oneof![nested, unit, written.prop_map(str::to_owned)]
}

/// Any text, control characters and all.
fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..12).prop_map(String::from_iter)
}
