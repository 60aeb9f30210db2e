//! One operation for many inputs: which operation is meant, and the token that stands for an item.

use chimeline_core::schema::generated::SERVICES;
use chimeline_core::schema::{Operation, Service};
use serde_json::{Map, Value, json};

use crate::engine::Failure;
use crate::names::token;

/// The operation that a name means, as the host names it: `CreateMeeting`, or in the form of a method. Gives its name, its member
/// for an idempotency token, and whether the same request may be made twice without harm.
pub(crate) fn operation(input: &Value) -> Result<Value, Failure> {
    let (service, given) = (&input["service"], &input["operation"]);
    let Some(service) = service.as_str().and_then(chimeline_core::service) else {
        return Err(Failure::wrong("service", service, "the name of a service"));
    };
    let Some(name) = given.as_str() else {
        return Err(Failure::wrong("operation", given, "the name of an operation of the client"));
    };
    let meant = plain(name);
    let Some(operation) = service.operations.iter().find(|operation| plain(operation.name) == meant) else {
        let names: Vec<&str> = service.operations.iter().map(|operation| operation.name).collect();
        let known = names.join(", ");
        return Err(Failure::Invalid(format!("{} has no operation {name:?}; it has {known}", service.name)));
    };
    let token = token_member(operation);
    let is_repeatable = token.is_some() || operation.method != "POST" || !makes_something(operation);
    Ok(json!({"operation": operation.name, "token": token, "repeatable": is_repeatable}))
}

/// The other service of the family that has an operation, as the host names it; null where none has.
pub(crate) fn service_of(input: &Value) -> Value {
    let meant = plain(input["operation"].as_str().unwrap_or_default());
    let has = |service: &&&Service| service.operations.iter().any(|operation| plain(operation.name) == meant);
    SERVICES
        .iter()
        .filter(|service| input["service"] != service.name)
        .find(has)
        .map_or(Value::Null, |it| it.name.into())
}

/// The token of an item: it follows from the operation, the input, and how many equal inputs came before.
pub(crate) fn item(input: &Value) -> Result<Value, Failure> {
    let text = |name: &str| input[name].as_str().ok_or_else(|| Failure::wrong(name, &input[name], "a name"));
    let place = input["place"].as_u64().unwrap_or_default().to_string();
    let given = sorted(&input["input"]).to_string();
    Ok(token(&["bulk", text("service")?, text("operation")?, &given, &place]).into())
}

/// `create_meeting`, `createMeeting` and `CreateMeeting` are one name.
fn plain(name: &str) -> String {
    name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

fn token_member(operation: &Operation) -> Option<&'static str> {
    operation.input.members.iter().find(|member| member.idempotency_token).map(|member| member.name)
}

/// Starting, stopping, tagging and updating what is there already comes to the same the second time.
fn makes_something(operation: &Operation) -> bool {
    operation.name.contains("Create")
}

/// The same value with the members of each map in the order of their names.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            names.into_iter().map(|name| (name.clone(), sorted(&members[name]))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{item, operation, service_of};

    #[test]
    fn an_operation_is_known_by_each_form_of_its_name() {
        for name in ["create_meeting", "createMeeting", "CreateMeeting"] {
            let found = operation(&json!({"service": "chime-sdk-meetings", "operation": name})).expect("known");
            assert_eq!(found, json!({"operation": "CreateMeeting", "token": "ClientRequestToken", "repeatable": true}));
        }
        let repeatable = |name: &str| {
            let found = operation(&json!({"service": "chime-sdk-meetings", "operation": name})).expect("known");
            found["repeatable"].as_bool()
        };
        assert_eq!(repeatable("create_attendee"), Some(false));
        assert_eq!(repeatable("batch_create_attendee"), Some(false));
        assert_eq!(repeatable("delete_meeting"), Some(true));
        assert_eq!(repeatable("tag_resource"), Some(true));
        for (given, part) in
            [(json!("create_room"), "has no operation \"create_room\"; it has BatchC"), (json!(5), "not 5, a number")]
        {
            let why = operation(&json!({"service": "chime-sdk-meetings", "operation": given})).expect_err("unknown");
            assert!(why.to_string().contains(part), "{why}");
        }
    }

    #[test]
    fn an_operation_of_another_service_is_found_there() {
        let of = |service: &str, name: &str| service_of(&json!({"service": service, "operation": name}));
        assert_eq!(of("chime", "create_media_concatenation_pipeline"), "chime-sdk-media-pipelines");
        assert_eq!(of("chime", "createMeeting"), "chime-sdk-meetings");
        assert_eq!(of("chime-sdk-meetings", "create_meeting"), Value::Null);
        assert_eq!(of("chime", "sing"), Value::Null);
    }

    #[test]
    fn the_token_follows_from_the_item_alone() {
        let of = |input: Value, place: u64| {
            item(&json!({"service": "chime", "operation": "X", "input": input, "place": place})).expect("a token")
        };
        assert_eq!(of(json!({"a": {"x": 1, "y": [2]}, "b": 2}), 0), of(json!({"b": 2, "a": {"y": [2], "x": 1}}), 0));
        assert_ne!(of(json!({"a": 1}), 0), of(json!({"a": 1}), 1));
        assert_ne!(of(json!({"a": [1, 2]}), 0), of(json!({"a": [2, 1]}), 0));
        assert_ne!(of(json!({"a": "1"}), 0), of(json!({"a": 1}), 0));
    }
}
