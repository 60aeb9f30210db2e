//! The control API: what tests ask of the local service besides the operations of the services.

mod handlers;
mod openapi;
mod route;
mod routes;

use serde_json::{Map, Value, json};

use crate::backend::Backend;
use crate::request::ServiceError;
pub(crate) use route::{Parameter, Route};
pub(crate) use routes::ROUTES;

/// Where the control API is.
pub(crate) const PREFIX: &str = "/_local";

/// What a control request gives.
pub(crate) struct Arguments<'a> {
    /// The labels of the path.
    path: Labels,
    query: &'a [(String, String)],
    body: &'a Value,
}

type Outcome = Result<(u16, Value), ServiceError>;

/// The labels of a path by their names.
type Labels = Vec<(&'static str, String)>;

/// Carries out a control request. `path` is what follows `/_local`; `body` is null where there is none.
pub(crate) fn handle(
    backend: &Backend,
    method: &str,
    path: &str,
    query: &[(String, String)],
    body: &Value,
) -> (u16, Value) {
    let outcome = match find(method, path) {
        Ok((route, labels)) => {
            check(route, query, body).and_then(|()| (route.run)(backend, &Arguments { path: labels, query, body }))
        }
        Err(refusal) => Err(refusal),
    };
    match outcome {
        Ok(reply) => reply,
        Err(refusal) => {
            let (status, _) = refusal.render(chimeline_core::service("chime-sdk-media-pipelines"), "");
            (status, json!({"error": refusal.code, "message": refusal.message}))
        }
    }
}

fn find(method: &str, path: &str) -> Result<(&'static Route, Labels), ServiceError> {
    let mut methods = Vec::new();
    for route in ROUTES {
        let Some(labels) = labels(route.path, path) else { continue };
        if route.method == method {
            return Ok((route, labels));
        }
        methods.push(route.method);
    }
    if methods.is_empty() {
        let message = format!("The control API has no {PREFIX}{path}; GET {PREFIX}/openapi.json describes it.");
        return Err(ServiceError::with_status(404, "UnknownPath", message));
    }
    let message = format!("{PREFIX}{path} does not take {method} (expected {}).", methods.join(" or "));
    Err(ServiceError::with_status(405, "MethodNotAllowed", message))
}

fn labels(template: &'static str, path: &str) -> Option<Labels> {
    let mut given = path.split('/');
    let mut labels = Vec::new();
    for part in template.split('/') {
        let given = given.next()?;
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => {
                let text = percent_encoding::percent_decode_str(given).decode_utf8().ok()?;
                labels.push((name, text.into_owned()));
            }
            None if part == given => {}
            None => return None,
        }
    }
    given.next().is_none().then_some(labels)
}

/// Refuses parameters and members that the route does not know: a misspelt one would be passed over in silence.
fn check(route: &Route, query: &[(String, String)], body: &Value) -> Result<(), ServiceError> {
    let known = |names: &[Parameter], name: &str| names.iter().any(|parameter| parameter.name == name);
    if let Some((name, _)) = query.iter().find(|(name, _)| !known(route.query, name)) {
        return Err(ServiceError::bad(format!("unknown query parameter {name}")));
    }
    match body {
        Value::Null => Ok(()),
        _ if route.is_free_form => Ok(()),
        Value::Object(members) => match members.keys().find(|name| !known(route.body, name)) {
            Some(name) => Err(ServiceError::bad(format!("unknown member {name}"))),
            None => Ok(()),
        },
        _ => Err(ServiceError::bad("the body must be a JSON object")),
    }
}

impl Arguments<'_> {
    /// A label of the path.
    fn label(&self, name: &str) -> &str {
        self.path.iter().find(|(label, _)| *label == name).map_or("", |(_, value)| value)
    }

    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(parameter, _)| parameter == name).map(|(_, value)| value.as_str())
    }

    fn query_number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, ServiceError> {
        let invalid = |text: &str| ServiceError::bad(format!("invalid {name}: {text:?} (expected an integer >= 0)"));
        self.query(name).map(|text| text.parse().map_err(|_| invalid(text))).transpose()
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<&str>, ServiceError> {
        let invalid = |value: &Value| ServiceError::bad(format!("invalid {name}: {value} (expected a string)"));
        self.member(name).map(|value| value.as_str().ok_or_else(|| invalid(value))).transpose()
    }

    fn boolean(&self, name: &str) -> Result<Option<bool>, ServiceError> {
        let invalid = |value: &Value| ServiceError::bad(format!("invalid {name}: {value} (expected true or false)"));
        self.member(name).map(|value| value.as_bool().ok_or_else(|| invalid(value))).transpose()
    }

    fn body(&self) -> Map<String, Value> {
        self.body.as_object().cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Backend, handle};
    use crate::options::Options;

    fn control(method: &str, path: &str, body: &Value) -> (u16, Value) {
        let backend = Backend::new(Options::default()).expect("a backend").0;
        handle(&backend, method, path, &[], body)
    }

    #[test]
    fn bad_requests_are_refused_with_the_reason() {
        let message = |method: &str, path: &str, body: Value| {
            let (status, body) = control(method, path, &body);
            (status, body["message"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(message("GET", "/nothing", Value::Null).0, 404);
        assert_eq!(message("PUT", "/reset", Value::Null).0, 405);
        assert_eq!(message("POST", "/clock/advance", json!({"second": 1})), (400, "unknown member second".to_owned()));
        assert_eq!(message("POST", "/clock/advance", json!([])).0, 400);
        assert_eq!(
            message("POST", "/clock/advance", json!({"seconds": -1})),
            (400, "invalid seconds: -1 (expected a number of seconds >= 0)".to_owned())
        );
        assert_eq!(message("POST", "/clock/set", json!({"time": "tomorrow"})).0, 400);
        assert_eq!(message("POST", "/faults", json!({"cut": "x"})).0, 400);
        assert_eq!(message("DELETE", "/faults/none", Value::Null).0, 404);
        assert_eq!(message("PUT", "/state", json!({"version": 2})).0, 400);
        assert_eq!(message("POST", "/meetings/none/join", json!({})), (404, "Meeting none not found".to_owned()));
        assert_eq!(message("POST", "/pipelines/none/state", json!({"status": "Failed"})).0, 404);
    }

    #[test]
    fn the_document_describes_every_route() {
        let (status, document) = control("GET", "/openapi.json", &Value::Null);
        assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
        for route in super::ROUTES {
            let operation = &document["paths"][format!("/_local{}", route.path)][route.method.to_ascii_lowercase()];
            assert!(operation["summary"].is_string(), "{} {}", route.method, route.path);
        }
    }
}
