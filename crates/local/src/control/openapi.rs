//! The OpenAPI document of the control API, made of its routes.

use serde_json::{Map, Value, json};

use crate::control::PREFIX;
use crate::control::route::Route;

pub(super) fn document(routes: &[Route]) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(format!("{PREFIX}{}", route.path)).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.to_ascii_lowercase(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Control API of the local Chime service", "version": env!("CARGO_PKG_VERSION")},
        "paths": paths,
        "components": {"schemas": {"Fault": fault()}},
    })
}

/// The language of rules of faults.
fn fault() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let count = |description: &str| json!({"type": "integer", "minimum": 0, "description": description});
    let of = |schema: Value, description: &str| {
        let mut schema = schema;
        schema["description"] = description.into();
        schema
    };
    let seconds = || json!({"type": "number", "minimum": 0, "maximum": 86400});
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "id": text("The rule's name; made up unless given."),
            "service": text("Only requests to this service."),
            "operation": text("Only requests of this operation."),
            "resource": text("Only requests whose path, query or body contains this text, such as an id."),
            "probability": {"type": "number", "minimum": 0, "maximum": 1, "description": "The chance to be struck."},
            "skip": count("How many requests that fit pass first."),
            "times": count("How many requests are struck at most."),
            "latency": of(
                json!({"oneOf": [seconds(), {"type": "array", "items": seconds(), "minItems": 2, "maxItems": 2}]}),
                "Seconds to wait before the response, or their minimum and maximum.",
            ),
            "error": of(
                json!({"oneOf": [{"type": "string"}, {"type": "object", "properties": {
                    "code": {"type": "string"}, "status": {"type": "integer", "minimum": 300, "maximum": 599},
                    "message": {"type": "string"},
                }, "required": ["code"], "additionalProperties": false}]}),
                "Responds with this error.",
            ),
            "refusal": text("Responds with this refusal of the catalogue."),
            "throttle": of(
                json!({"oneOf": [{"const": true}, {"type": "object", "properties": {"above": {"type": "number"}}}]}),
                "Responds with the throttling error, to every request or to those above so many a second.",
            ),
            "html": {"type": "integer", "minimum": 300, "maximum": 599, "description": "Responds with an HTML page."},
            "reset": {"enum": ["before", "inside", true], "description": "Resets the connection."},
            "cut": of(
                json!({"oneOf": [{"const": true}, {"type": "integer", "minimum": 0}]}),
                "Ends the connection after so many bytes of the body, or half of it.",
            ),
            "stall": of(
                json!({"oneOf": [{"enum": ["before", "inside", true]}, seconds()]}),
                "Sends nothing for so many seconds, or until the client gives up.",
            ),
            "clock": {"type": "integer", "description": "By how many seconds the server's clock is wrong."},
        },
    })
}

fn operation(route: &Route) -> Value {
    let labels = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = labels
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    parameters.extend(route.query.iter().map(|parameter| {
        json!({
            "name": parameter.name, "in": "query", "description": parameter.description,
            "schema": {"type": parameter.kind},
        })
    }));
    let error = json!({"description": "The request is refused; `message` says why."});
    let mut operation = json!({
        "summary": route.summary,
        "parameters": parameters,
        "responses": {"2XX": {"description": "Done.", "content": {"application/json": {}}}, "4XX": error},
    });
    if route.is_free_form || !route.body.is_empty() {
        let properties: Map<String, Value> = route
            .body
            .iter()
            .map(|member| (member.name.to_owned(), json!({"type": member.kind, "description": member.description})))
            .collect();
        let schema = match (route.is_free_form, route.path) {
            (true, "/faults") => {
                let fault = json!({"$ref": "#/components/schemas/Fault"});
                json!({"oneOf": [fault, {"type": "array", "items": fault}]})
            }
            (true, _) => json!({"type": "object", "description": "A state, as GET /_local/state returns it."}),
            (false, _) => json!({"type": "object", "properties": properties, "additionalProperties": false}),
        };
        operation["requestBody"] = json!({"content": {"application/json": {"schema": schema}}});
    }
    operation
}
