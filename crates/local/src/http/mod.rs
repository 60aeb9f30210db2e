//! From an HTTP request to the operation, its caller and its input.

pub(crate) mod auth;
pub(crate) mod input;
pub(crate) mod route;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use crate::request::ServiceError;

/// A request as it came over the socket.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What the legacy endpoint's URL ends with in some programs.
const CONSOLE_PREFIX: &str = "/console";

impl Received {
    /// Whether it only reads: HEAD is what programs send that wait for a server.
    pub(crate) fn is_get(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }

    /// A header as text; `None` if it is missing or not text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The path, without the prefix of the legacy endpoint.
    pub(crate) fn path(&self) -> &str {
        let path = self.uri.path();
        path.strip_prefix(CONSOLE_PREFIX).filter(|rest| rest.starts_with('/')).unwrap_or(path)
    }

    /// The JSON of the body; null where there is none.
    pub(crate) fn json(&self) -> Result<Value, ServiceError> {
        let content_type = self.header(CONTENT_TYPE.as_str()).unwrap_or("application/json");
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !self.body.is_empty() && !media_type.eq_ignore_ascii_case("application/json") {
            return Err(ServiceError::unreadable(format!("The body must be application/json, not {media_type}.")));
        }
        self.json_of_any_type()
    }

    /// The same whatever the header says of the type, which curl's says wrongly unless told to.
    pub(crate) fn json_of_any_type(&self) -> Result<Value, ServiceError> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|e| ServiceError::unreadable(format!("The body is not JSON: {e}.")))
    }

    /// Finds the operation that the request is of.
    pub(crate) fn route(&self) -> Result<route::Route, ServiceError> {
        let (path, query) = (self.path(), self.uri.query().unwrap_or_default());
        let arn = |query: &[(String, String)]| {
            let in_query = query.iter().find(|(name, _)| name == "arn").map(|(_, arn)| arn.clone());
            let in_body = || self.json().ok()?.get("ResourceARN")?.as_str().map(str::to_owned);
            in_query.or_else(in_body)
        };
        route::find(self.method.as_str(), path, query, arn).map_err(|error| match error {
            route::RouteError::Unknown => {
                let message = format!("No operation is {} {path}.", self.method);
                ServiceError::with_status(404, "UnknownOperationException", message)
            }
            route::RouteError::NotUtf8 => ServiceError::unreadable("The URL contains escapes that are not UTF-8."),
        })
    }
}
