//! The form of the tables that `cargo xtask gen` writes: one `static` [`Service`] a service.
//!
//! Validation, JSON, URIs, redaction and the local service's routing all read these tables; adding an operation is adding
//! data.

pub mod artifacts;
pub mod generated;

/// A service: its operations, its errors, where it lives.
#[derive(Debug)]
pub struct Service {
    /// The name that Python uses, such as `chime-sdk-media-pipelines`.
    pub name: &'static str,
    /// The class in both languages, such as `ChimeSDKMediaPipelines`.
    pub class: &'static str,
    /// AWS's service id, such as `Chime SDK Media Pipelines`.
    pub service_id: &'static str,
    /// The date that names the version of the API.
    pub api_version: &'static str,
    /// The service name in a SigV4 credential scope.
    pub signing_name: &'static str,
    /// Where the service's endpoints are.
    pub endpoint: Endpoint,
    /// The operations, in alphabetical order.
    pub operations: &'static [Operation],
    /// Every error of the service, in alphabetical order.
    pub errors: &'static [ErrorShape],
    /// The distinct names of members; [`Member::symbol`] is an index into it, so that a host can intern them.
    pub symbols: &'static [&'static str],
}

impl Service {
    /// The operation of that name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        let at = self.operations.binary_search_by(|operation| operation.name.cmp(name)).ok()?;
        self.operations.get(at)
    }

    /// The modelled error of that name.
    #[must_use]
    pub fn error(&self, name: &str) -> Option<&'static ErrorShape> {
        let at = self.errors.binary_search_by(|error| error.name.cmp(name)).ok()?;
        self.errors.get(at)
    }
}

/// Where a service's endpoints are.
#[derive(Debug)]
pub struct Endpoint {
    /// The first label of the host.
    pub prefix: &'static str,
    /// The one endpoint of a whole partition, where there is such.
    pub global: Option<GlobalEndpoint>,
    /// The names of its endpoints that were known when the table was made, by partition: regions, and what AWS lists beside them.
    pub known: &'static [(&'static str, &'static [&'static str])],
}

/// One endpoint for all regions of a partition.
#[derive(Debug)]
pub struct GlobalEndpoint {
    /// The partition's name.
    pub partition: &'static str,
    /// The endpoint.
    pub url: &'static str,
    /// The region that requests to it are signed for.
    pub signing_region: &'static str,
}

/// A group of regions under one DNS suffix.
#[derive(Debug)]
pub struct Partition {
    /// Such as `aws` or `aws-cn`.
    pub id: &'static str,
    /// What the name of a region of this partition starts with, for regions that are not listed.
    pub prefixes: &'static [&'static str],
    /// The regions known when the table was made.
    pub regions: &'static [&'static str],
    /// The suffix of hosts.
    pub dns_suffix: &'static str,
    /// The suffix of dual-stack hosts.
    pub dual_stack_dns_suffix: &'static str,
    /// Whether services of the partition have dual-stack endpoints.
    pub dual_stack: bool,
}

/// An operation and its HTTP binding.
#[derive(Debug)]
pub struct Operation {
    /// Such as `CreateMediaCapturePipeline`.
    pub name: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path, cut at its labels.
    pub path: &'static [Segment],
    /// The fixed part of the query, such as `operation=start`; empty where there is none.
    pub query: &'static str,
    /// The status of a success.
    pub status: u16,
    /// What the caller gives.
    pub input: &'static Structure,
    /// What the service answers; nothing for an answer without a body.
    pub output: Option<&'static Structure>,
    /// The member of the output that holds a page's items, where the operation pages by `NextToken`.
    pub page: Option<&'static str>,
}

/// A piece of an operation's path.
#[derive(Debug)]
pub enum Segment {
    /// Text that stands in each request.
    Literal(&'static str),
    /// The place of the member with this wire name.
    Label(&'static str),
}

/// An error that the service's model names.
#[derive(Debug)]
pub struct ErrorShape {
    /// Such as `BadRequestException`.
    pub name: &'static str,
    /// The HTTP status it comes with.
    pub status: u16,
    /// Its members, headers included; none of them is required.
    pub structure: Structure,
}

/// Members and which of them are required.
#[derive(Debug)]
pub struct Structure {
    /// The members in the model's order.
    pub members: &'static [Member],
    /// Indexes into `members`, in the model's order of required members.
    pub required: &'static [usize],
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// The name for users.
    pub name: &'static str,
    /// The name on the wire.
    pub wire: &'static str,
    /// Where on the wire.
    pub location: Location,
    /// What it holds.
    pub shape: &'static Shape,
    /// Whether a fresh UUID fills it in when the caller leaves it out.
    pub idempotency_token: bool,
    /// The index of `name` in [`Service::symbols`].
    pub symbol: u16,
}

/// Where a member stands in an HTTP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the JSON body.
    Body,
    /// In the path.
    Label,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// What a value may be.
#[derive(Debug)]
pub struct Shape {
    /// The name in the model.
    pub name: &'static str,
    /// Whether its values stay out of logs and errors.
    pub sensitive: bool,
    /// The kind, with its constraints.
    pub kind: Kind,
}

/// The kinds of shapes, each with its constraints.
#[derive(Debug)]
pub enum Kind {
    /// Named members.
    Structure(Structure),
    /// A list of one shape.
    List {
        /// The items.
        item: &'static Shape,
        /// The least number of items, where the model names one.
        min: Option<usize>,
        /// The greatest number of items.
        max: Option<usize>,
    },
    /// A map from strings to one shape.
    Map {
        /// The keys, a string shape.
        key: &'static Shape,
        /// The values.
        value: &'static Shape,
    },
    /// Text.
    String {
        /// The least number of code points, where the model names one.
        min: Option<usize>,
        /// The greatest number of code points.
        max: Option<usize>,
        /// The regular expression that the service applies.
        pattern: Option<&'static str>,
        /// The allowed values; empty for free text.
        values: &'static [&'static str],
    },
    /// A whole number.
    Integer {
        /// The least value.
        min: Option<i64>,
        /// The greatest value.
        max: Option<i64>,
    },
    /// True or false.
    Boolean,
    /// A point in time; requests carry it in this format, responses in any.
    Timestamp(TimestampFormat),
}

/// How a timestamp stands in a request's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2024-02-29T12:34:56Z`.
    Iso8601,
    /// Seconds since 1970 as a JSON number.
    UnixTimestamp,
}
