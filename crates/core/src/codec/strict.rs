//! What [`Validation::Strict`](crate::codec::encode::Validation::Strict) checks of single values on top of the rest: enumerations,
//! patterns, greatest lengths and values. What the services' documentation adds in prose is in `rules.rs`.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::codec::host::Integer;
use crate::codec::pattern::Pattern;
use crate::codec::report::Reason;
use crate::schema::{Kind, Shape};

/// What is wrong with a text besides its least length.
#[cold] // Inlined into the encoder it would slow the calls that are not strict.
pub(crate) fn text(shape: &Shape, text: &str, fault: &mut dyn FnMut(Reason)) {
    let Kind::String { max, pattern, values, .. } = &shape.kind else { return };
    if let Some(max) = *max
        && text.len() > max
    {
        // A text has at least as many bytes as code points.
        let length = text.chars().count();
        if length > max {
            fault(Reason::TooLong { length, max });
        }
    }
    if !values.is_empty() && !values.contains(&text) {
        fault(Reason::NotOneOf { value: text.to_owned(), allowed: values, near: nearest(text, values) });
    }
    if let Some(pattern) = *pattern
        && !matches(pattern, text)
    {
        fault(Reason::Mismatch { value: text.to_owned(), pattern });
    }
}

/// What is wrong with a whole number that is too great; `shown` is how the host writes it.
#[cold]
pub(crate) fn integer<F>(
    number: &Integer,
    max: i64,
    shown: impl FnOnce() -> Result<String, F>,
) -> Result<Option<Reason>, F> {
    let too_great = match number {
        Integer::Small(number) => *number > max,
        Integer::Big(number) => !number.starts_with('-'),
        Integer::Boolean(boolean) => i64::from(*boolean) > max,
    };
    too_great.then(|| Ok(Reason::TooGreat { value: shown()?, max })).transpose()
}

/// The one of `known` that was probably meant by `given`.
#[cold]
pub(crate) fn nearest(given: &str, known: &[&'static str]) -> Option<&'static str> {
    let given = given.to_lowercase();
    let (distance, name) = known
        .iter()
        .map(|name| (strsim::osa_distance(&given, &name.to_lowercase()), *name))
        .min_by_key(|(distance, _)| *distance)?;
    // A third of the letters wrong is a slip; more is another word.
    (distance <= name.chars().count() / 3).then_some(name)
}

/// Whether the whole of `text` matches: the services' patterns are written for that, most of them without anchors.
pub(crate) fn matches(pattern: &'static str, text: &str) -> bool {
    // The one look-ahead of the models, which regex-lite does not know: no character four times in a row.
    const NO_RUN_OF_FOUR: &str = r"^(?!.*?(.)\1{3})";
    let (rest, runs_allowed) = match pattern.strip_prefix(NO_RUN_OF_FOUR) {
        Some(rest) => (rest, false),
        None => (pattern, true),
    };
    // A pattern that cannot be compiled refuses nothing.
    compiled(rest).is_none_or(|pattern| pattern.matches(text)) && (runs_allowed || !has_run_of_four(text))
}

fn has_run_of_four(text: &str) -> bool {
    let mut last = None;
    let mut run = 0;
    text.chars().any(|c| {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        run == 4
    })
}

/// The pattern, made ready when it is first asked for.
fn compiled(pattern: &'static str) -> Option<Arc<Pattern>> {
    type Cache = RwLock<Option<HashMap<&'static str, Option<Arc<Pattern>>>>>;
    static CACHE: Cache = RwLock::new(None);
    let known = CACHE.read().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|map| map.get(pattern).cloned());
    known.unwrap_or_else(|| {
        let compiled = Pattern::new(pattern).map(Arc::new);
        let mut cache = CACHE.write().unwrap_or_else(PoisonError::into_inner);
        cache.get_or_insert_default().insert(pattern, compiled.clone());
        compiled
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::{compiled, matches, nearest};
    use crate::codec::encode::{Invalid, Validation, encode};
    use crate::schema::{Kind, Shape};

    fn faults(service: &str, operation: &str, input: &Value, validation: Validation) -> Vec<String> {
        let operation = crate::service(service).and_then(|service| service.operation(operation)).expect("known");
        match encode(operation, input, validation, Uuid::nil) {
            Ok(_) => Vec::new(),
            Err(Invalid::Faults(faults)) => faults.iter().map(ToString::to_string).collect(),
            Err(Invalid::Host(never)) => match never {},
        }
    }

    pub(crate) fn strict(service: &str, operation: &str, input: &Value) -> Vec<String> {
        faults(service, operation, input, Validation::Strict)
    }

    pub(crate) fn capture(configuration: &Value) -> Value {
        json!({
            "SourceType": "ChimeSdkMeeting",
            "SourceArn": "arn:aws:chime::111122223333:meeting:3f1b2c4d-0000-4000-8000-1234567890ab",
            "SinkType": "S3Bucket",
            "SinkArn": "arn:aws:s3:::bucket/prefix",
            "ChimeSdkMeetingConfiguration": configuration,
        })
    }

    #[test]
    fn an_enumeration_names_its_values_and_the_one_that_was_meant() {
        let mut input = capture(&json!({}));
        input["SinkType"] = json!("S3bucket");
        input["SourceType"] = json!("Elsewhere");
        let found = strict("chime", "CreateMediaCapturePipeline", &input);
        assert_eq!(
            found,
            [
                "Invalid value for parameter SourceType, value: Elsewhere, must be one of: ChimeSdkMeeting",
                "Invalid value for parameter SinkType, value: S3bucket, must be one of: S3Bucket, did you mean \"S3Bucket\"?",
            ]
        );
        assert!(faults("chime", "CreateMediaCapturePipeline", &input, Validation::Standard).is_empty());
    }

    #[test]
    fn a_pattern_holds_for_the_whole_text() {
        let found = strict(
            "chime",
            "GetMediaCapturePipeline",
            &json!({"MediaPipelineId": "x3f1b2c4d-0000-4000-8000-1234567890ab"}),
        );
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("Invalid value for parameter MediaPipelineId, value: x3f1b2c4d"), "{found:?}");
        assert!(found[0].contains(", must match the pattern: [a-fA-F0-9]{8}"), "{found:?}");
    }

    #[test]
    fn lengths_and_values_have_a_greatest() {
        let tags: Vec<Value> = (0..51).map(|n| json!({"Key": format!("k{n}"), "Value": "v"})).collect();
        let input = json!({"MediaRegion": "us-east-1", "ExternalMeetingId": "e".repeat(65), "Tags": tags});
        let found = strict("chime-sdk-meetings", "CreateMeeting", &input);
        assert_eq!(
            found,
            [
                "Invalid length for parameter ExternalMeetingId, value: 65, valid max length: 64",
                "Invalid length for parameter Tags, value: 51, valid max length: 50",
            ]
        );
        let found = strict("chime", "ListMediaCapturePipelines", &json!({"MaxResults": 100}));
        assert_eq!(found, ["Invalid value for parameter MaxResults, value: 100, valid max value: 99"]);
        assert!(strict("chime", "ListMediaCapturePipelines", &json!({"MaxResults": 99})).is_empty());
    }

    #[test]
    fn a_length_counts_code_points() {
        let named = |name: String| json!({"MediaRegion": "us-east-1", "ExternalMeetingId": name});
        assert!(strict("chime-sdk-meetings", "CreateMeeting", &named("é".repeat(64))).is_empty());
        assert_eq!(strict("chime-sdk-meetings", "CreateMeeting", &named("é".repeat(65))).len(), 1);
    }

    #[test]
    fn every_fault_is_told_at_once_in_the_order_of_the_others() {
        let input =
            json!({"SourceTyp": "ChimeSdkMeeting", "SourceArn": "no arn", "SinkType": "S3", "ClientRequestToken": "!"});
        assert_eq!(
            strict("chime", "CreateMediaCapturePipeline", &input),
            [
                "Missing required parameter in input: \"SourceType\"",
                "Missing required parameter in input: \"SinkArn\"",
                "Unknown parameter in input: \"SourceTyp\", must be one of: SourceType, SourceArn, SinkType, SinkArn, \
                 ClientRequestToken, ChimeSdkMeetingConfiguration, did you mean \"SourceType\"?",
                r"Invalid value for parameter SourceArn, value: no arn, must match the pattern: ^arn[\/\:\-\_\.a-zA-Z0-9]+$",
                "Invalid value for parameter SinkType, value: S3, must be one of: S3Bucket",
                "Invalid length for parameter ClientRequestToken, value: 1, valid min length: 2",
                "Invalid value for parameter ClientRequestToken, value: !, must match the pattern: [-_a-zA-Z0-9]*",
            ]
        );
    }

    #[test]
    fn a_near_miss_is_a_slip_and_no_other_word() {
        assert_eq!(nearest("audioonly", &["AudioOnly", "AudioWithActiveSpeakerVideo"]), Some("AudioOnly"));
        assert_eq!(nearest("Enabeld", &["Enabled", "Disabled"]), Some("Enabled"));
        assert_eq!(nearest("Something", &["Enabled", "Disabled"]), None);
    }

    #[test]
    fn every_pattern_of_the_models_is_understood() {
        fn visit(shape: &'static Shape, seen: &mut Vec<&'static str>) {
            if seen.contains(&shape.name) {
                return;
            }
            seen.push(shape.name);
            match &shape.kind {
                Kind::String { pattern: Some(pattern), .. } => {
                    let rest = pattern.strip_prefix(r"^(?!.*?(.)\1{3})").unwrap_or(pattern);
                    assert!(compiled(rest).is_some(), "{}: {pattern}", shape.name);
                }
                Kind::Structure(structure) => structure.members.iter().for_each(|member| visit(member.shape, seen)),
                Kind::List { item, .. } => visit(item, seen),
                Kind::Map { key, value } => [key, value].into_iter().for_each(|shape| visit(shape, seen)),
                _ => {}
            }
        }
        for service in crate::schema::generated::SERVICES {
            let mut seen = Vec::new();
            for operation in service.operations {
                let outputs = operation.output.iter().flat_map(|output| output.members);
                operation.input.members.iter().chain(outputs).for_each(|member| visit(member.shape, &mut seen));
            }
            assert!(seen.len() > 10, "{}", service.name);
        }
    }

    #[test]
    fn a_tenant_has_no_character_four_times_in_a_row() {
        let pattern = r"^(?!.*?(.)\1{3})[-_!@#$a-zA-Z0-9]*$";
        assert!(matches(pattern, "aaabaaa"));
        assert!(!matches(pattern, "xaaaa"));
        assert!(!matches(pattern, "a b"));
    }
}
