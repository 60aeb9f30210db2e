//! The OpenAPI document of the control API, made of its routes.

use serde_json::{Map, Value, json};

use crate::control::PREFIX;
use crate::control::routes::{ROUTES, Route};

pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(format!("{PREFIX}{}", route.path)).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.to_ascii_lowercase(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Control API of the local Chime service", "version": env!("CARGO_PKG_VERSION")},
        "paths": paths,
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
        let schema = if route.is_free_form { json!({}) } else { json!({"type": "object", "properties": properties}) };
        operation["requestBody"] = json!({"content": {"application/json": {"schema": schema}}});
    }
    operation
}
