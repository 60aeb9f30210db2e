//! A service's schema table in the form of the public service models: what `client.meta.service_model` reads.

use std::collections::BTreeMap;

use chimeline_core::codec::encode::{Invalid, validate};
use chimeline_core::config::endpoint;
use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::schema::{
    ErrorShape, Kind, Location, Member, Operation, Segment, Service, Shape, Structure, TimestampFormat,
};
use chimeline_core::service;
use pyo3::prelude::*;
use serde_json::{Map, Value, json};

use crate::errors;

/// The model of the service of that name: a dict of `metadata`, `operations` and `shapes`, as in its `service-2.json`.
#[pyfunction]
pub(crate) fn service_model<'py>(py: Python<'py>, service_name: &str) -> PyResult<Bound<'py, PyAny>> {
    errors::json(py, &description(known(py, service_name)?))
}

/// Fails for a response that is not what the operation's output shape says; one without an output shape must be empty.
#[pyfunction]
pub(crate) fn validate_output(
    py: Python<'_>,
    service_name: &str,
    operation: &str,
    response: Bound<'_, PyAny>,
) -> PyResult<()> {
    let service = known(py, service_name)?;
    let output = service.operation(operation).and_then(|operation| operation.output);
    valid(py, output.unwrap_or(&NOTHING), response)
}

/// The same for the members of an error.
#[pyfunction]
pub(crate) fn validate_error(
    py: Python<'_>,
    service_name: &str,
    code: &str,
    members: Bound<'_, PyAny>,
) -> PyResult<()> {
    valid(py, known(py, service_name)?.error(code).map_or(&NOTHING, |error| &error.structure), members)
}

static NOTHING: Structure = Structure { members: &[], required: &[] };

fn valid(py: Python<'_>, structure: &'static Structure, value: Bound<'_, PyAny>) -> PyResult<()> {
    validate(structure, &crate::value::Value(value)).map_err(|invalid| match invalid {
        Invalid::Faults(faults) => errors::raised(py, &Error::invalid_value(faults)),
        Invalid::Host(raised) => raised,
    })
}

/// The regions of a partition in which the service has endpoints; with `non_regional` also the endpoints that are no region's.
#[pyfunction]
pub(crate) fn available_regions(
    py: Python<'_>,
    service_name: &str,
    partition: &str,
    non_regional: bool,
) -> PyResult<Vec<&'static str>> {
    Ok(endpoint::available(known(py, service_name)?, partition, non_regional))
}

/// The partition of a region, if its name is that of any.
#[pyfunction]
pub(crate) fn partition_for_region(region_name: &str) -> Option<&'static str> {
    endpoint::partition_for_region(region_name)
}

/// The names of the partitions.
#[pyfunction]
pub(crate) fn available_partitions() -> Vec<&'static str> {
    endpoint::partitions().collect()
}

fn known(py: Python<'_>, name: &str) -> PyResult<&'static Service> {
    service(name).ok_or_else(|| {
        let names: Vec<&str> = chimeline_core::schema::generated::SERVICES.iter().map(|service| service.name).collect();
        let message = format!("Unknown service: '{name}'. Valid service names are: {}", names.join(", "));
        errors::raised(py, &Error::new(ErrorKind::UnknownService, message))
    })
}

fn description(service: &Service) -> Value {
    let mut shapes = Shapes::default();
    let mut operations = Map::new();
    for operation in service.operations {
        operations.insert(operation.name.to_owned(), operation_of(operation, &mut shapes));
    }
    for error in service.errors {
        shapes.error(error);
    }
    json!({
        "metadata": {
            "apiVersion": service.api_version,
            "endpointPrefix": service.endpoint.prefix,
            "protocol": "rest-json",
            "serviceId": service.service_id,
            "signatureVersion": "v4",
            "signingName": service.signing_name,
            "uid": format!("{}-{}", service.name, service.api_version),
        },
        "operations": operations,
        "shapes": shapes.0,
    })
}

fn operation_of(operation: &Operation, shapes: &mut Shapes) -> Value {
    let mut uri = String::new();
    for segment in operation.path {
        match segment {
            Segment::Literal(text) => uri.push_str(text),
            Segment::Label(name) => uri.extend(["{", name, "}"]),
        }
    }
    if !operation.query.is_empty() {
        uri = format!("{uri}?{}", operation.query);
    }
    let input = format!("{}Request", operation.name);
    shapes.structure(&input, operation.input);
    let mut out = json!({
        "name": operation.name,
        "http": {"method": operation.method, "requestUri": uri, "responseCode": operation.status},
        "input": {"shape": input},
    });
    if let Some(structure) = operation.output {
        let output = format!("{}Response", operation.name);
        shapes.structure(&output, structure);
        out["output"] = json!({"shape": output});
    }
    out
}

/// The shapes that were met, by their names.
#[derive(Default)]
struct Shapes(BTreeMap<String, Value>);

impl Shapes {
    fn structure(&mut self, name: &str, structure: &Structure) {
        self.0.insert(name.to_owned(), Value::Null);
        let required = structure.required.iter().filter_map(|at| structure.members.get(*at)).map(|member| member.name);
        let required: Vec<&str> = required.collect();
        let mut out = json!({"type": "structure"});
        if !required.is_empty() {
            out["required"] = json!(required);
        }
        out["members"] = self.members(structure.members);
        self.0.insert(name.to_owned(), out);
    }

    fn error(&mut self, error: &ErrorShape) {
        let members = self.members(error.structure.members);
        let fault = json!({"httpStatusCode": error.status});
        let shape = json!({"type": "structure", "members": members, "error": fault, "exception": true});
        self.0.insert(error.name.to_owned(), shape);
    }

    fn members(&mut self, members: &[Member]) -> Value {
        members.iter().map(|member| (member.name.to_owned(), self.member(member))).collect::<Map<_, _>>().into()
    }

    fn member(&mut self, member: &Member) -> Value {
        let mut out = self.reference(member.shape);
        let location = match member.location {
            Location::Body => None,
            Location::Label => Some("uri"),
            Location::Query => Some("querystring"),
            Location::Header => Some("header"),
        };
        if let Some(location) = location {
            out["location"] = json!(location);
        }
        if location.is_some() || member.wire != member.name {
            out["locationName"] = json!(member.wire);
        }
        if member.idempotency_token {
            out["idempotencyToken"] = json!(true);
        }
        out
    }

    /// A reference to the shape, which is noted with all that it leads to.
    fn reference(&mut self, shape: &Shape) -> Value {
        if !self.0.contains_key(shape.name) {
            // First, for a shape may lead to itself.
            self.0.insert(shape.name.to_owned(), Value::Null);
            let noted = self.shape(shape);
            self.0.insert(shape.name.to_owned(), noted);
        }
        json!({"shape": shape.name})
    }

    fn shape(&mut self, shape: &Shape) -> Value {
        let mut out = match &shape.kind {
            Kind::Structure(structure) => {
                self.structure(shape.name, structure);
                self.0.remove(shape.name).unwrap_or_default()
            }
            Kind::List { item, min, max } => {
                let mut out = json!({"type": "list", "member": self.reference(item)});
                bounds(&mut out, min.map(Value::from), max.map(Value::from));
                out
            }
            Kind::Map { key, value } => {
                json!({"type": "map", "key": self.reference(key), "value": self.reference(value)})
            }
            Kind::String { min, max, pattern, values } => {
                let mut out = json!({"type": "string"});
                bounds(&mut out, min.map(Value::from), max.map(Value::from));
                if let Some(pattern) = pattern {
                    out["pattern"] = json!(pattern);
                }
                if !values.is_empty() {
                    out["enum"] = json!(values);
                }
                out
            }
            Kind::Integer { min, max } => {
                let mut out = json!({"type": "integer"});
                bounds(&mut out, min.map(Value::from), max.map(Value::from));
                out
            }
            Kind::Boolean => json!({"type": "boolean"}),
            Kind::Timestamp(TimestampFormat::Iso8601) => json!({"type": "timestamp", "timestampFormat": "iso8601"}),
            Kind::Timestamp(TimestampFormat::UnixTimestamp) => json!({"type": "timestamp"}),
        };
        if shape.sensitive {
            out["sensitive"] = json!(true);
        }
        out
    }
}

fn bounds(out: &mut Value, min: Option<Value>, max: Option<Value>) {
    for (name, bound) in [("min", min), ("max", max)] {
        if let Some(bound) = bound {
            out[name] = bound;
        }
    }
}
