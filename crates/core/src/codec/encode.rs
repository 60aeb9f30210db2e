//! Host value to request in one walk: validates against the schema and writes JSON, path and query on the way.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use crate::codec::as_given;
use crate::codec::documented_rules;
use crate::codec::host::{HostValue, Integer, Key, Text};
use crate::codec::json;
use crate::codec::report::{Reason, Violation};
use crate::codec::strict;
use crate::codec::value_path::{Path, PathSegment};
use crate::schema::{Kind, Location, Operation, Segment, Shape, Structure, TimestampFormat};

/// How much is checked before a request is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Validation {
    /// Nothing: unknown members are left out, the others are sent as they were given.
    AsGiven,
    /// Types and names only: what the JSON needs.
    Off,
    /// Required members, names, types and least lengths: what botocore checks.
    #[default]
    Standard,
    /// Also what the services' models and public guide state besides: enumerations, patterns, greatest lengths and values,
    /// rules between members.
    Strict,
}

/// The parts of a request that the caller's input decides. They may hold what is sensitive, so there is no `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Encoded {
    /// The path, percent-encoded.
    pub path: String,
    /// The query without its question mark, percent-encoded.
    pub query: String,
    /// The JSON body, where the operation sends one.
    pub body: Option<String>,
}

/// Why a value could not be encoded.
#[derive(Debug)]
pub enum Invalid<F> {
    /// The data is wrong.
    Faults(Vec<Violation>),
    /// The host raised while it was read.
    Host(F),
}

/// What stays as it is in a path or query: the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The room for a body, which most need.
const BODY: usize = 1024;

/// Encodes `input` for `operation`. `token` fills in an idempotency token that the caller left out.
pub fn encode<V: HostValue>(
    operation: &'static Operation,
    input: &V,
    validation: Validation,
    token: impl FnOnce() -> Uuid,
) -> Result<Encoded, Invalid<V::Violation>> {
    let mut walk = Encoder { validation, out: String::with_capacity(BODY), faults: Vec::new() };
    let mut wire = UriParts { query: operation.query.to_owned(), labels: Vec::new() };
    walk.input(operation.input, input, &mut wire, token).map_err(Invalid::Host)?;
    if walk.is_strict() {
        walk.rules(operation.name, input, &Path::ROOT).map_err(Invalid::Host)?;
    }
    let path = path(operation, &wire.labels, &mut walk.faults);
    if !walk.faults.is_empty() {
        return Err(Invalid::Faults(walk.faults));
    }
    // An operation that has members for the body sends one, if an empty one.
    let has_body = operation.input.members.iter().any(|member| member.location == Location::Body);
    let body = has_body.then(|| if walk.out.is_empty() { "{}".to_owned() } else { walk.out + "}" });
    Ok(Encoded { path, query: wire.query, body })
}

/// Checks a value against a structure as botocore does.
pub fn validate<V: HostValue>(structure: &'static Structure, value: &V) -> Result<(), Invalid<V::Violation>> {
    let mut walk = Encoder { validation: Validation::Standard, out: String::new(), faults: Vec::new() };
    walk.members(structure, value, &Path::ROOT, "{", &mut |_, _, _, _| Ok(true)).map_err(Invalid::Host)?;
    if walk.faults.is_empty() { Ok(()) } else { Err(Invalid::Faults(walk.faults)) }
}

fn path(operation: &Operation, labels: &[(&'static str, &'static str, String)], faults: &mut Vec<Violation>) -> String {
    let mut path = String::new();
    for segment in operation.path {
        match segment {
            Segment::Literal(text) => path.push_str(text),
            Segment::Label(wire) => match labels.iter().find(|(name, ..)| name == wire) {
                // An HTTP client drops such a segment and its neighbour, and so would call another operation.
                Some((_, member, value)) if matches!(value.as_str(), "." | "..") => faults.push(Violation {
                    path: (*member).to_owned(),
                    reason: Reason::Unsendable { why: "\".\" and \"..\" cannot stand as a segment of a path" },
                }),
                Some((.., value)) => path.extend(utf8_percent_encode(value, ESCAPED)),
                // Without it the request would be one for another operation, so it is required whatever is checked.
                None if faults.is_empty() => faults.extend(missing(operation, wire)),
                None => {}
            },
        }
    }
    path
}

/// The fault of a path without the member that stands there under that name.
fn missing(operation: &Operation, wire: &str) -> Option<Violation> {
    let member =
        operation.input.members.iter().find(|member| member.location == Location::Label && member.wire == wire)?;
    Some(Violation { path: String::new(), reason: Reason::Missing { name: member.name } })
}

struct UriParts {
    query: String,
    /// UriParts name, member name, value.
    labels: Vec<(&'static str, &'static str, String)>,
}

struct Encoder {
    validation: Validation,
    /// The JSON written so far; empty as long as no member went to the body.
    out: String,
    faults: Vec<Violation>,
}

impl Encoder {
    /// The top level, whose members go to path, query and body.
    fn input<V: HostValue>(
        &mut self,
        structure: &'static Structure,
        input: &V,
        wire: &mut UriParts,
        token: impl FnOnce() -> Uuid,
    ) -> Result<(), V::Violation> {
        let present = self.members(structure, input, &Path::ROOT, "{", &mut |walk, member, value, place| {
            match member.location {
                Location::Label => {
                    if let Some(text) = walk.scalar(member.shape, value, place)? {
                        wire.labels.push((member.wire, member.name, text));
                    }
                }
                Location::Query => {
                    if let Some(text) = walk.scalar(member.shape, value, place)? {
                        query_pair(&mut wire.query, member.wire, &text);
                    }
                }
                Location::Body | Location::Header => return Ok(true),
            }
            Ok(false)
        })?;
        let absent = structure
            .members
            .iter()
            .enumerate()
            .find(|(at, member)| member.idempotency_token && present & (1 << at) == 0);
        if let Some((_, member)) = absent {
            self.out.push_str(if self.out.is_empty() { "{" } else { ", " });
            json::write_string(&mut self.out, member.wire);
            self.out.push_str(": ");
            json::write_string(&mut self.out, &token().to_string());
        }
        Ok(())
    }

    /// Walks a map as a structure: `place_member` says of each member whether it goes into the JSON, which `open` starts.
    /// Returns the set of the members that are present, as bits.
    fn members<V: HostValue>(
        &mut self,
        structure: &'static Structure,
        value: &V,
        place: &Path<'_>,
        open: &str,
        place_member: &mut PlaceMember<'_, V>,
    ) -> Result<u64, V::Violation> {
        let first_fault = self.faults.len();
        let start = self.out.len();
        let mut present = 0_u64;
        let mut unknown = Vec::new();
        let is_map = value.entries(&mut |key, value| {
            let found = structure.members.iter().position(|member| key.non_string.is_none() && member.name == key.text);
            let Some((at, member)) = found.and_then(|at| Some((at, structure.members.get(at)?))) else {
                let known: Vec<_> = structure.members.iter().map(|member| member.name).collect();
                if self.validation != Validation::AsGiven {
                    unknown.push(place.fault(self.unknown::<V>(key.text.into_owned(), known)));
                }
                return Ok(());
            };
            present |= 1 << at;
            let place = place.then(PathSegment::Member(member.name));
            if place_member(self, member, value, &place)? {
                self.out.push_str(if self.out.len() == start { open } else { ", " });
                json::write_string(&mut self.out, member.wire);
                self.out.push_str(": ");
                self.value(member.shape, value, &place)?;
            }
            Ok(())
        })?;
        if !is_map {
            self.wrong_type(value, V::TYPES.map, place)?;
            return Ok(present);
        }
        if !self.is_checked() {
            self.faults.splice(first_fault..first_fault, unknown);
            return Ok(present);
        }
        let missing = structure.required.iter().filter_map(|at| {
            let member = structure.members.get(*at)?;
            (present & (1 << at) == 0 && !member.idempotency_token)
                .then(|| place.fault(Reason::Missing { name: member.name }))
        });
        let front: Vec<Violation> = missing.chain(unknown).collect();
        self.faults.splice(first_fault..first_fault, front);
        Ok(present)
    }

    fn value<V: HostValue>(&mut self, shape: &'static Shape, value: &V, place: &Path<'_>) -> Result<(), V::Violation> {
        if self.validation == Validation::AsGiven
            && let Some(json) = as_given::json(shape, value)?
        {
            self.out.push_str(&json);
            return Ok(());
        }
        match &shape.kind {
            Kind::Structure(structure) => {
                let start = self.out.len();
                self.members(structure, value, place, "{", &mut |_, _, _, _| Ok(true))?;
                if self.is_strict() {
                    self.rules(shape.name, value, place)?;
                }
                self.out.push_str(if self.out.len() == start { "{}" } else { "}" });
            }
            Kind::List { item, min, max } => self.list(item, min.unwrap_or(0), *max, value, place)?,
            Kind::Map { key, value: item } => self.map(key, item, value, place)?,
            Kind::String { .. } => {
                if let Some(text) = self.text(shape, value, place)? {
                    json::write_string(&mut self.out, &text);
                }
            }
            Kind::Integer { min, max } => {
                if let Some(number) = self.integer(*min, *max, value, place)? {
                    // Writing to a String cannot fail.
                    let _ = match number {
                        Integer::Small(number) => write!(self.out, "{number}"),
                        Integer::Big(number) => write!(self.out, "{number}"),
                        Integer::Boolean(boolean) => write!(self.out, "{boolean}"),
                    };
                }
            }
            Kind::Boolean => match value.boolean()? {
                Some(boolean) => self.out.push_str(if boolean { "true" } else { "false" }),
                None => self.wrong_type(value, V::TYPES.boolean, place)?,
            },
            Kind::Timestamp(format) => match value.timestamp()? {
                Some(time) if *format == TimestampFormat::Iso8601 => {
                    json::write_string(&mut self.out, &time.to_iso8601());
                }
                Some(time) => self.out.push_str(&time.to_epoch_json()),
                None => self.wrong_type(value, V::TYPES.timestamp, place)?,
            },
        }
        Ok(())
    }

    fn list<V: HostValue>(
        &mut self,
        item: &'static Shape,
        min: usize,
        max: Option<usize>,
        value: &V,
        place: &Path<'_>,
    ) -> Result<(), V::Violation> {
        let first_fault = self.faults.len();
        let mut length = 0;
        self.out.push('[');
        let is_list = value.items(&mut |value| {
            if self.validation == Validation::AsGiven && as_given::is_null(value) {
                return Ok(());
            }
            if length > 0 {
                self.out.push_str(", ");
            }
            self.value(item, value, &place.then(PathSegment::Item(length)))?;
            length += 1;
            Ok(())
        })?;
        self.out.push(']');
        if !is_list {
            self.wrong_type(value, V::TYPES.list, place)?;
        } else if length < min && self.is_checked() {
            self.faults.insert(first_fault, place.fault(Reason::Length { length, min }));
        } else if let Some(max) = max
            && length > max
            && self.is_strict()
        {
            self.faults.insert(first_fault, place.fault(Reason::TooLong { length, max }));
        }
        Ok(())
    }

    fn map<V: HostValue>(
        &mut self,
        key_shape: &'static Shape,
        item: &'static Shape,
        value: &V,
        place: &Path<'_>,
    ) -> Result<(), V::Violation> {
        let mut first = true;
        self.out.push('{');
        let is_map = value.entries(&mut |key, value| {
            self.key::<V>(key_shape, &key, place);
            self.out.push_str(if first { "" } else { ", " });
            first = false;
            json::write_string(&mut self.out, &key.text);
            self.out.push_str(": ");
            self.value(item, value, &place.then(PathSegment::Member(&key.text)))
        })?;
        self.out.push('}');
        if !is_map {
            self.wrong_type(value, V::TYPES.map, place)?;
        }
        Ok(())
    }

    fn key<V: HostValue>(&mut self, shape: &Shape, key: &Key<'_>, place: &Path<'_>) {
        let place = place.then(PathSegment::MapKey(&key.text));
        if let Some(non_string) = &key.non_string {
            let (value, type_name) = (non_string.value.clone(), non_string.type_name.clone());
            self.faults.push(place.fault(Reason::Type { value, type_name, valid: V::TYPES.string }));
        } else {
            self.limits(shape, &key.text, &place);
        }
    }

    /// A member of the path or query, as the text that goes there.
    fn scalar<V: HostValue>(
        &mut self,
        shape: &Shape,
        value: &V,
        place: &Path<'_>,
    ) -> Result<Option<String>, V::Violation> {
        if self.validation == Validation::AsGiven
            && let Some(text) = as_given::text(shape, value)?
        {
            return Ok(Some(text));
        }
        let (min, max) = match shape.kind {
            Kind::Integer { min, max } => (min, max),
            Kind::String { .. } => return Ok(self.text(shape, value, place)?.map(std::borrow::Cow::into_owned)),
            _ => unreachable!("the generator puts only strings and whole numbers into paths and queries"),
        };
        Ok(self.integer(min, max, value, place)?.map(|number| match number {
            Integer::Small(number) => number.to_string(),
            Integer::Big(number) => number,
            Integer::Boolean(boolean) => V::TYPES.boolean_values[usize::from(boolean)].to_owned(),
        }))
    }

    fn text<'v, V: HostValue>(
        &mut self,
        shape: &Shape,
        value: &'v V,
        place: &Path<'_>,
    ) -> Result<Option<std::borrow::Cow<'v, str>>, V::Violation> {
        match value.string()? {
            Text::Unicode(text) => {
                self.limits(shape, &text, place);
                return Ok(Some(text));
            }
            Text::LoneSurrogate => {
                let why = "the string contains a lone surrogate, which UTF-8 cannot encode";
                self.faults.push(place.fault(Reason::Unsendable { why }));
            }
            Text::Other => self.wrong_type(value, V::TYPES.string, place)?,
        }
        Ok(None)
    }

    fn integer<V: HostValue>(
        &mut self,
        min: Option<i64>,
        max: Option<i64>,
        value: &V,
        place: &Path<'_>,
    ) -> Result<Option<Integer>, V::Violation> {
        let Some(number) = value.integer()? else {
            self.wrong_type(value, V::TYPES.integer, place)?;
            return Ok(None);
        };
        let (low, shown) = match (&number, min) {
            (_, None) => (false, String::new()),
            (Integer::Small(number), Some(min)) => (*number < min, number.to_string()),
            (Integer::Big(number), _) => (number.starts_with('-'), number.clone()),
            (Integer::Boolean(boolean), Some(min)) => {
                (i64::from(*boolean) < min, V::TYPES.boolean_values[usize::from(*boolean)].to_owned())
            }
        };
        if low && self.is_checked() {
            self.faults.push(place.fault(Reason::Range { value: shown, min: min.unwrap_or_default() }));
        } else if let Some(max) = max
            && self.is_strict()
        {
            let reason = strict::integer(&number, max, || Ok(value.describe()?.value))?;
            self.faults.extend(reason.map(|reason| place.fault(reason)));
        }
        Ok(Some(number))
    }

    fn limits(&mut self, shape: &Shape, text: &str, place: &Path<'_>) {
        let Kind::String { min, .. } = shape.kind else { return };
        let min = min.unwrap_or(0);
        // A text has at least as many bytes as code points; count only where it may be too short.
        if min > 0 && text.len() < min * 4 && self.is_checked() {
            let length = text.chars().count();
            if length < min {
                self.faults.push(place.fault(Reason::Length { length, min }));
            }
        }
        if self.is_strict() {
            strict::text(shape, text, &mut |reason| self.faults.push(place.fault(reason)));
        }
    }

    fn rules<V: HostValue>(&mut self, name: &str, value: &V, place: &Path<'_>) -> Result<(), V::Violation> {
        documented_rules::broken(name, value, &mut |member, reason| {
            let fault = member.map_or_else(|| *place, |name| place.then(PathSegment::Member(name))).fault(reason);
            self.faults.push(fault);
        })
    }

    fn unknown<V: HostValue>(&self, name: String, known: Vec<&'static str>) -> Reason {
        let suggests = self.is_strict() || V::TYPES.suggests_names;
        let near = if suggests { strict::nearest(&name, &known) } else { None };
        let known = if near.is_some() && !self.is_strict() { Vec::new() } else { known };
        Reason::Unknown { name, known, near }
    }

    /// Whether anything is checked that JSON does not need.
    fn is_checked(&self) -> bool {
        matches!(self.validation, Validation::Standard | Validation::Strict)
    }

    fn is_strict(&self) -> bool {
        self.validation == Validation::Strict
    }

    fn wrong_type<V: HostValue>(
        &mut self,
        value: &V,
        valid: &'static str,
        place: &Path<'_>,
    ) -> Result<(), V::Violation> {
        let found = value.describe()?;
        self.faults.push(place.fault(Reason::Type { value: found.value, type_name: found.type_name, valid }));
        Ok(())
    }
}

type PlaceMember<'f, V> = dyn FnMut(&mut Encoder, &'static crate::schema::Member, &V, &Path<'_>) -> Result<bool, <V as HostValue>::Violation>
    + 'f;

fn query_pair(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.extend(utf8_percent_encode(name, ESCAPED));
    query.push('=');
    query.extend(utf8_percent_encode(value, ESCAPED));
}
