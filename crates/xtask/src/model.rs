//! The service models, parsed strictly: a trait or a kind of shape that the generator does not know is an error.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Map;

use crate::paths::Result;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub source: Source,
    pub metadata: Metadata,
    pub endpoint: Endpoint,
    pub operations: BTreeMap<String, Operation>,
    pub shapes: BTreeMap<String, Shape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub package: String,
    pub version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    pub api_version: String,
    pub endpoint_prefix: String,
    pub protocol: String,
    #[serde(default)]
    #[expect(dead_code, reason = "a fact of the model that nothing follows from")]
    pub protocols: Vec<String>,
    pub service_full_name: String,
    pub service_id: String,
    pub signature_version: String,
    pub signing_name: Option<String>,
    pub uid: String,
    #[serde(default)]
    #[expect(dead_code, reason = "a fact of the model that nothing follows from")]
    pub auth: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    pub prefix: String,
    pub global: Option<GlobalEndpoint>,
    /// The names of the endpoints, by partition.
    pub known: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GlobalEndpoint {
    pub partition: String,
    pub url: String,
    pub signing_region: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    pub name: String,
    pub http: Http,
    pub input: Option<Reference>,
    pub output: Option<Reference>,
    #[serde(default)]
    pub errors: Vec<Reference>,
    #[serde(default)]
    pub deprecated: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Http {
    pub method: String,
    pub request_uri: String,
    #[serde(default = "ok")]
    pub response_code: u16,
}

fn ok() -> u16 {
    200
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    pub shape: String,
}

/// A member of a structure.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Member {
    pub shape: String,
    pub location: Option<Location>,
    pub location_name: Option<String>,
    #[serde(default)]
    pub idempotency_token: bool,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Location {
    Uri,
    Querystring,
    Header,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub enum Shape {
    Structure {
        #[serde(default)]
        required: Vec<String>,
        // A JSON map, because the members' order is part of the model.
        members: Map<String, serde_json::Value>,
        error: Option<HttpError>,
        #[serde(default)]
        exception: bool,
        #[serde(default)]
        fault: bool,
    },
    List {
        member: Reference,
        min: Option<u64>,
        max: Option<u64>,
    },
    Map {
        key: Reference,
        value: Reference,
        #[serde(default)]
        sensitive: bool,
    },
    String {
        #[serde(rename = "enum", default)]
        values: Vec<String>,
        min: Option<u64>,
        max: Option<u64>,
        pattern: Option<String>,
        #[serde(default)]
        sensitive: bool,
    },
    Integer {
        min: Option<i64>,
        max: Option<i64>,
    },
    Boolean,
    Timestamp {
        #[serde(rename = "timestampFormat")]
        format: Option<TimestampFormat>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpError {
    pub http_status_code: u16,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
pub enum TimestampFormat {
    #[serde(rename = "iso8601")]
    Iso8601,
    #[serde(rename = "unixTimestamp")]
    UnixTimestamp,
}

/// How a list operation pages, derived from the members that it has.
pub struct Paging {
    pub result: String,
}

impl Model {
    /// The members of a structure in the model's order, or none for any other shape.
    pub fn members(&self, shape: &str) -> Result<Vec<(String, Member)>> {
        let Some(Shape::Structure { members, .. }) = self.shapes.get(shape) else {
            return Ok(Vec::new());
        };
        let parse = |(name, value): (&String, &serde_json::Value)| {
            let member = serde_json::from_value(value.clone()).map_err(|e| format!("{shape}.{name}: {e}"))?;
            Ok((name.clone(), member))
        };
        members.iter().map(parse).collect()
    }

    /// The shape of that name.
    pub fn shape(&self, name: &str) -> Result<&Shape> {
        self.shapes.get(name).ok_or_else(|| format!("no shape {name}"))
    }

    /// Names of the exceptions with their HTTP status, in alphabetical order.
    pub fn errors(&self) -> Vec<(&str, u16)> {
        let status = |shape: &Shape| match shape {
            Shape::Structure { error, exception: true, .. } => Some(error.as_ref().map_or(400, |e| e.http_status_code)),
            _ => None,
        };
        self.shapes.iter().filter_map(|(name, shape)| Some((name.as_str(), status(shape)?))).collect()
    }

    /// Every structure that an operation reaches: (inputs, outputs), nested ones included.
    pub fn structures(&self, output: bool) -> Result<BTreeSet<String>> {
        let roots = self.operations.values().filter_map(|o| if output { o.output.as_ref() } else { o.input.as_ref() });
        let mut todo: Vec<String> = roots.map(|r| r.shape.clone()).collect();
        let mut seen = BTreeSet::new();
        let mut out = BTreeSet::new();
        while let Some(name) = todo.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            match self.shape(&name)? {
                Shape::Structure { .. } => {
                    todo.extend(self.members(&name)?.into_iter().map(|(_, m)| m.shape));
                    out.insert(name);
                }
                Shape::List { member, .. } => todo.push(member.shape.clone()),
                Shape::Map { key, value, .. } => todo.extend([key.shape.clone(), value.shape.clone()]),
                _ => {}
            }
        }
        Ok(out)
    }

    /// How the operation pages: it takes and gives `NextToken` and gives one list.
    pub fn paging(&self, operation: &Operation) -> Result<Option<Paging>> {
        let (Some(input), Some(output)) = (&operation.input, &operation.output) else { return Ok(None) };
        let outputs = self.members(&output.shape)?;
        let token = |members: &[(String, Member)]| members.iter().any(|(name, _)| name == "NextToken");
        if !token(&self.members(&input.shape)?) || !token(&outputs) {
            return Ok(None);
        }
        let lists = outputs.iter().filter(|(_, m)| matches!(self.shapes.get(&m.shape), Some(Shape::List { .. })));
        match lists.collect::<Vec<_>>().as_slice() {
            [(name, _)] => Ok(Some(Paging { result: name.clone() })),
            _ => Err(format!("{}: a page with other than one list", operation.name)),
        }
    }
}

/// A name of the model as Python writes it: `GetMeeting` is `get_meeting`.
pub fn snake_name(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

impl Operation {
    /// The method in Python.
    pub fn snake_name(&self) -> String {
        snake_name(&self.name)
    }

    /// The method in JavaScript.
    pub fn camel_name(&self) -> String {
        self.name[..1].to_ascii_lowercase() + &self.name[1..]
    }
}
