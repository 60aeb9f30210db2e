//! What cures an error, as far as its cause is certain: by the service's text, by what happened on the connection, or by the kind
//! alone. A hint is a row of the table.

use crate::error::cause::Cause;
use crate::error::kinds::{Error, ErrorKind};
use crate::schema::Service;
use crate::schema::generated::options::{OptionId, OptionNames};

/// What a row may look at.
struct Facts<'a> {
    error: &'a Error,
    kind: ErrorKind,
    /// What happened on the connection.
    cause: Option<Cause>,
    /// What the service said.
    code: &'a str,
    message: &'a str,
    service: &'a Service,
    operation: &'a str,
    /// Whether the code, the environment or the profile says where requests go.
    own_endpoint: bool,
    /// Whether it is to be reached by TLS.
    over_tls: bool,
}

/// The cure that goes with a condition. In its text `{name}` stands for what [`filled`] knows: an option in the words of the host,
/// or a fact of the client.
struct Row {
    when: fn(&Facts<'_>) -> bool,
    cure: &'static str,
}

/// The first row that applies counts, so that what is more certain stands before what is less.
const ROWS: &[Row] = &[
    Row {
        when: |it| {
            it.says("is not authorized to call deprecated Amazon Chime SDK API")
                || it.is_legacy() && it.says("Not authorized to call Chime SDK with Account Id")
        },
        cure: "the namespace \"chime\" is closed to this account: use the service \"chime-sdk-media-pipelines\", or set the \
               client's option namespace to \"media-pipelines\", which sends the same calls there",
    },
    Row {
        when: |it| it.refuses_the_bucket() && it.operation.contains("Concatenation"),
        cure: "the bucket's policy must allow the service principal {principal} s3:PutObject and s3:PutObjectAcl, s3:GetObject \
               and s3:ListBucket, {conditions}",
    },
    Row {
        when: |it| it.refuses_the_bucket(),
        cure: "the bucket's policy must allow the service principal {principal} s3:PutObject and s3:PutObjectAcl, {conditions}",
    },
    Row {
        when: |it| it.says("No such S3 Bucket"),
        cure: "the bucket must be in the caller's account and in the meeting's media Region, and SinkArn must name it as \
               arn:aws:s3:::BUCKET, with or without /PREFIX behind it",
    },
    Row {
        when: |it| it.says("Resource ownership mismatch"),
        cure: "the meeting belongs to another account: make the meeting and its pipelines with credentials of one account",
    },
    Row {
        when: |it| it.says("Limit reached") && it.is("ResourceLimitExceeded"),
        cure: "a meeting has one capture pipeline at a time, and an account has a quota of active ones: delete the pipelines \
               that are done, or have the quota raised; making the same call again does not help",
    },
    Row {
        when: |it| it.says("Credential should be scoped to a valid region"),
        cure: "this endpoint takes signatures for another Region than the client's: give the client the endpoint's Region",
    },
    Row {
        when: |it| !it.is_legacy() && it.is("NotFound") && it.reads_a_pipeline(),
        cure: "a pipeline is found only in the control Region that made it; this client asks {region}",
    },
    Row {
        when: |it| {
            it.is("ExpiredToken")
                || it.says("security token included in the request is expired")
                || it.is("TokenRefreshRequired")
        },
        cure: "the session token has expired: get new temporary credentials (of IAM Identity Center by `aws sso login`) and use \
               them; keys given in code or in environment variables are not renewed by themselves",
    },
    Row {
        when: |it| it.is("UnrecognizedClient") || it.is("InvalidClientTokenId"),
        cure: "the access key is not known to the service: it was deleted or mistyped, it belongs to another partition, or a \
               session token that belongs to it is missing",
    },
    Row {
        when: |it| it.is("InvalidSignature") || it.is("SignatureDoesNotMatch"),
        cure: "the secret access key does not belong to the access key id, or a proxy between changes the request: give both as \
               they were issued together",
    },
    Row {
        when: |it| it.is("RequestTimeTooSkewed") || it.is("RequestExpired"),
        cure: "the clock of this machine and the service's differ: set it by NTP",
    },
    Row {
        when: |it| it.is("UnknownOperation"),
        cure: "what answers at {host} does not know this operation, so it is not the endpoint of {service}: {where}",
    },
    Row {
        when: |it| it.kind == ErrorKind::NoRegion,
        cure: "give the client its Region ({region_name}), or set AWS_REGION, or `region` in the profile; us-east-1 is one that \
               has every service",
    },
    Row {
        when: |it| it.cause == Some(Cause::Untrusted),
        cure: "an authority that this machine does not trust has signed the certificate of {host}: where that is right, as behind \
               a company's proxy or with a test server, name the PEM file of its CA in {verify} or in AWS_CA_BUNDLE",
    },
    Row { when: |it| it.cause == Some(Cause::OtherName), cure: "what answers is another host than {host}: {where}" },
    Row {
        when: |it| it.cause == Some(Cause::OutOfDate),
        cure: "the certificate of {host} is not valid today: set this machine's clock if it is wrong; else whoever runs the host \
               has to renew it",
    },
    Row {
        when: |it| it.cause == Some(Cause::NotTls),
        cure: "what answers at {host} does not speak TLS: where it is a server without TLS, write http:// in place of https:// in \
               {endpoint_url}",
    },
    Row {
        when: |it| it.cause == Some(Cause::NoHandshake) && it.own_endpoint,
        cure: "{host} closed the connection in the TLS handshake, as a server without TLS does: if it is one, write http:// in \
               place of https:// in {endpoint_url}",
    },
    Row {
        when: |it| {
            // Of nginx and load balancers, of Go, of Apache.
            it.says("plain HTTP request was sent to HTTPS port")
                || it.says("HTTP request to an HTTPS server")
                || it.says("speaking plain HTTP to an SSL-enabled server port")
        },
        cure: "what answers at {host} expects TLS: write https:// in place of http:// in {endpoint_url}",
    },
    Row {
        when: |it| it.cause == Some(Cause::NotHttp),
        cure: "what answers at {host} does not speak HTTP: if it expects TLS, write https:// in place of http:// in \
               {endpoint_url}; else look at the port",
    },
    Row {
        when: |it| it.cause == Some(Cause::Unanswered),
        cure: "{host} closed the connection without an answer, as a server does that expects TLS: if it does, write https:// in \
               place of http:// in {endpoint_url}",
    },
    Row {
        when: |it| it.cause == Some(Cause::NoAddress) && it.own_endpoint,
        cure: "no address was found for the host of {host}: {where}; if it is spelled right, look at this machine's DNS",
    },
    Row {
        when: |it| it.cause == Some(Cause::NoAddress),
        cure: "no address was found for the host of {host}, which follows from the Region {region}: look whether that is spelled \
               right and has the service, and at this machine's DNS",
    },
    Row {
        when: |it| it.cause == Some(Cause::Refused) && it.own_endpoint,
        cure: "nothing listens at {host}: start the server, or correct host and port; {where}",
    },
    Row {
        when: |it| it.kind == ErrorKind::EndpointConnection && it.own_endpoint,
        cure: "{host} cannot be reached from here: look at the network, at firewalls and proxies; {where}",
    },
    Row {
        when: |it| it.kind == ErrorKind::EndpointConnection,
        cure: "{host} cannot be reached from here: look at the network, at firewalls, and at HTTPS_PROXY where traffic has to go \
               through a proxy",
    },
    Row {
        when: |it| it.kind == ErrorKind::ConnectTimeout && it.own_endpoint && it.over_tls,
        cure: "{host} cannot be reached from here, is slow to, or does not answer the TLS handshake: look at the network and at \
               firewalls, raise {connect_timeout}, or, for a server without TLS, write http:// in place of https:// in \
               {endpoint_url}",
    },
    Row {
        when: |it| it.kind == ErrorKind::ConnectTimeout,
        cure: "{host} cannot be reached from here, or is slow to: look at the network, at firewalls and HTTPS_PROXY, or raise \
               {connect_timeout}",
    },
    Row {
        when: |it| it.kind == ErrorKind::ReadTimeout,
        cure: "the request may have been carried out: look before making it anew; where the service needs longer, raise \
               {read_timeout} or {attempt_timeout}, whichever is set",
    },
    Row {
        when: |it| it.kind == ErrorKind::CallTimeout,
        cure: "the request may have been carried out: look before making it anew; where calls need longer, raise {timeout}",
    },
    Row {
        when: |it| it.kind == ErrorKind::ProxyConnection,
        cure: "look whether the proxy runs and takes these requests: it is named by {proxies}, HTTPS_PROXY or HTTP_PROXY; NO_PROXY \
               lists the hosts that need none",
    },
    Row {
        when: |it| it.kind == ErrorKind::ConnectionClosed,
        cure: "the request may have been carried out: look before making it anew; where this happens often, a proxy or load \
               balancer between closes connections",
    },
    Row {
        when: |it| it.kind == ErrorKind::Response && it.own_endpoint,
        cure: "what answers at {host} does not answer as the service does: {where}, and look for a proxy or a login page between",
    },
    Row {
        when: |it| it.kind == ErrorKind::Response,
        cure: "what answers at {host} does not answer as the service does: look for a proxy or a login page between",
    },
    Row {
        when: |it| it.kind == ErrorKind::InvalidRegion,
        cure: "a Region is written as in us-east-1; it comes from {region_name}, AWS_REGION, AWS_DEFAULT_REGION or the profile",
    },
    Row {
        when: |it| it.kind == ErrorKind::InvalidEndpoint,
        cure: "write the endpoint as in https://host:port; it comes from {endpoint_url}, AWS_ENDPOINT_URL, its variable for one \
               service, or the profile",
    },
    Row {
        when: |it| it.kind == ErrorKind::EndpointVariant,
        cure: "there is no such endpoint in this partition: turn off {use_dualstack_endpoint} or {use_fips_endpoint}, also in the \
               environment and the profile, or use a Region of another partition",
    },
    Row {
        when: |it| it.kind == ErrorKind::ProfileNotFound,
        cure: "look for the name in ~/.aws/config ([profile NAME]) and ~/.aws/credentials ([NAME]), or where AWS_CONFIG_FILE and \
               AWS_SHARED_CREDENTIALS_FILE say; the name comes from {profile_name}, AWS_DEFAULT_PROFILE or AWS_PROFILE",
    },
    Row {
        when: |it| it.kind == ErrorKind::ConfigParse,
        cure: "correct that line, or name another file with AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE",
    },
    Row {
        when: |it| it.kind == ErrorKind::InfiniteLoopConfig,
        cure: "let the source_profile of one of them name a profile with credentials of its own",
    },
    Row {
        when: |it| it.kind == ErrorKind::PartialCredentials,
        cure: "give the access key id and the secret access key in one and the same place",
    },
    Row {
        when: |it| it.kind == ErrorKind::Cancelled,
        cure: "the request may have been carried out: look before making it anew",
    },
];

/// What of a client may stand in a cure.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    pub(crate) service: &'a Service,
    pub(crate) region: &'a str,
    /// Scheme, host and port of its endpoint.
    pub(crate) host: &'a str,
    /// Where its endpoint is given, if it is.
    pub(crate) endpoint_source: Option<&'a str>,
    pub(crate) names: OptionNames,
}

/// The cure of an error in a call of that operation, or in the making of the client.
pub(crate) fn of(client: &Client<'_>, operation: &str, error: &Error) -> Option<String> {
    let answered = error.service_error();
    let text =
        |value: Option<&'_ serde_json::Value>| value.and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let code = text(answered.and_then(|answered| answered.code.as_ref()));
    let message = text(answered.and_then(|answered| answered.message.as_ref()));
    let facts = Facts {
        error,
        kind: error.kind(),
        cause: error.cause(),
        code: &code,
        message: &message,
        service: client.service,
        operation,
        own_endpoint: client.endpoint_source.is_some(),
        over_tls: client.host.starts_with("https:"),
    };
    let row = ROWS.iter().find(|row| (row.when)(&facts))?;
    Some(filled(row.cure, client))
}

/// The text with what its `{names}` stand for.
fn filled(text: &str, client: &Client<'_>) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, more)| Some((before, more.split_once('}')?)))
    {
        out.push_str(before);
        out.push_str(&value(name, client));
        rest = after;
    }
    out + rest
}

fn value(name: &str, client: &Client<'_>) -> String {
    let endpoint_url = client.names.name(OptionId::EndpointUrl);
    match name {
        "region" => client.region.to_owned(),
        "host" => client.host.to_owned(),
        "service" => client.service.name.to_owned(),
        "where" => match client.endpoint_source {
            Some("code") => format!("look at {endpoint_url}"),
            Some(source) => format!("look at the endpoint URL of the {source}"),
            None => format!("look at {endpoint_url} and at proxies"),
        },
        "principal" if is_legacy(client.service) => "chime.amazonaws.com".to_owned(),
        "principal" => "mediapipelines.chime.amazonaws.com".to_owned(),
        "conditions" => "with the conditions aws:SourceAccount and aws:SourceArn arn:aws:chime:*:ACCOUNT:*; the caller needs \
                         s3:GetBucketPolicy; the bucket must be in the caller's account and in the meeting's media Region"
            .to_owned(),
        name => OptionId::named(name).map_or(name, |option| client.names.name(option)).to_owned(),
    }
}

fn is_legacy(service: &Service) -> bool {
    service.name == "chime"
}

impl Facts<'_> {
    fn says(&self, text: &str) -> bool {
        self.message.contains(text)
    }

    /// Whether the service's code is that name, in short or in full.
    fn is(&self, name: &str) -> bool {
        self.error.service_error().is_some() && self.code.strip_suffix("Exception").unwrap_or(self.code) == name
    }

    fn is_legacy(&self) -> bool {
        is_legacy(self.service)
    }

    fn refuses_the_bucket(&self) -> bool {
        self.says("Insufficient permission to access S3 bucket")
            || self.says("S3 Bucket policy not valid/present for Sink")
    }

    fn reads_a_pipeline(&self) -> bool {
        let verb = ["Get", "Delete"].iter().find_map(|verb| self.operation.strip_prefix(verb));
        verb.is_some_and(|noun| matches!(noun, "MediaPipeline" | "MediaCapturePipeline"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Client, OptionId, OptionNames, ROWS, of, value};
    use crate::error::kinds::{Error, ErrorKind, ResponseMetadata, ServiceError};
    use crate::schema::generated::options::NODE;
    use crate::service;

    fn hint_of(service_name: &str, operation: &str, error: &Error) -> Option<String> {
        let service = service(service_name).expect("a known service");
        let (host, names) = ("https://h", OptionNames::default());
        of(&Client { service, region: "eu-west-2", host, endpoint_source: None, names }, operation, error)
    }

    fn hint(service_name: &str, operation: &'static str, code: &str, message: &str) -> Option<String> {
        let answered = ServiceError {
            code: Some(Value::String(code.to_owned())),
            message: Some(Value::String(message.to_owned())),
            members: Vec::new(),
            class: None,
            response: ResponseMetadata::default(),
            max_attempts_reached: false,
            retry_quota_reached: false,
        };
        hint_of(service_name, operation, &Error::service(operation, answered))
    }

    /// Texts that users have posted, with identifiers taken out.
    #[test]
    fn texts_that_the_service_sends_have_their_cure() {
        let create = "CreateMediaCapturePipeline";
        let pipelines = "chime-sdk-media-pipelines";
        let closed = "Account Id 123456789012 is not authorized to call deprecated Amazon Chime SDK API on the \"chime\" \
                      endpoint, use one of the \"*-chime*\" endpoints instead.";
        let limit = "Cannot create new media capture pipeline for source type 'ChimeSdkMeeting' and source arn \
                     'arn:aws:chime::123456789012:meeting:1be4e26f-0204-41dd-9e9a-1dc903fc0706'. Limit reached";
        let not_authorized = "Not authorized to call Chime SDK with Account Id 123456789012";
        let policy = "S3 Bucket policy not valid/present for Sink arn:aws:s3:::b";
        let scope = "Credential should be scoped to a valid region, not 'eu-west-2'.";
        let expired = "The security token included in the request is expired";
        let cases = [
            ("chime", create, "Forbidden", closed, "namespace"),
            ("chime", create, "Forbidden", not_authorized, "namespace"),
            ("chime", create, "BadRequest", policy, " chime.amazonaws"),
            (pipelines, create, "Forbidden", "Insufficient permission to access S3 bucket: b", "mediapipelines.chime."),
            ("chime", create, "BadRequest", "No such S3 Bucket: -ap-southeast-1", "arn:aws:s3:::BUCKET"),
            ("chime", create, "ForbiddenException", "Resource ownership mismatch", "another account"),
            ("chime", create, "ResourceLimitExceeded", limit, "quota"),
            ("chime", create, "InvalidSignatureException", scope, "Region"),
            (pipelines, "GetMediaPipeline", "NotFoundException", "m", "this client asks eu-west-2"),
            (pipelines, create, "ExpiredTokenException", expired, "aws sso login"),
            (pipelines, create, "ExpiredToken", "m", "aws sso login"),
            (pipelines, create, "UnrecognizedClientException", "m", "not known"),
            (pipelines, create, "SignatureDoesNotMatch", "m", "does not belong"),
            (pipelines, create, "RequestTimeTooSkewed", "m", "clock"),
            (pipelines, create, "UnknownOperationException", "m", "https://h does not know"),
        ];
        for (service, operation, code, message, cure) in cases {
            let hint = hint(service, operation, code, message).unwrap_or_else(|| panic!("no hint for {message}"));
            assert!(hint.contains(cure), "{message}: {hint}");
            assert!(!hint.contains("123456789012"), "{hint}");
        }
    }

    #[test]
    fn other_texts_have_none() {
        let pipelines = "chime-sdk-media-pipelines";
        assert_eq!(hint("chime", "CreateMediaCapturePipeline", "Forbidden", "m"), None);
        assert_eq!(hint("chime", "CreateMediaCapturePipeline", "BadRequest", "Limit reached"), None);
        assert_eq!(hint(pipelines, "GetMediaInsightsPipelineConfiguration", "NotFoundException", "m"), None);
        assert_eq!(hint("chime-sdk-meetings", "GetMeeting", "NotFoundException", "Meeting not found"), None);
    }

    #[test]
    fn concatenation_needs_to_read_the_bucket_too() {
        let message = "Insufficient permission to access S3 bucket: b";
        let hint = hint("chime-sdk-media-pipelines", "CreateMediaConcatenationPipeline", "Forbidden", message);
        assert!(hint.is_some_and(|hint| hint.contains("s3:ListBucket")));
    }

    #[test]
    fn every_kind_has_a_hint_or_a_text_that_says_what_to_do() {
        use ErrorKind::{
            Client, CredentialRetrieval, Internal, InvalidConfig, InvalidImdsEndpoint, InvalidImdsEndpointMode,
            InvalidRetryMode, NoCredentials, ParamValidation, Ssl, UnknownService,
        };
        // Of the first two the texts are botocore's; the others name the value and what it must be, the provider's cure, or the
        // service's names. What goes wrong in TLS has a hint by its cause.
        let by_text = [
            Client,
            ParamValidation,
            InvalidConfig,
            InvalidImdsEndpoint,
            InvalidImdsEndpointMode,
            InvalidRetryMode,
            UnknownService,
            NoCredentials,
            CredentialRetrieval,
            Ssl,
            Internal,
        ];
        for kind in ErrorKind::ALL.iter().copied() {
            let hint = hint_of("chime", "GetMediaCapturePipeline", &Error::new(kind, String::new()));
            assert_eq!(hint.is_none(), by_text.contains(&kind), "{kind:?}: {hint:?}");
        }
    }

    /// Which a text that is not known would be taken for.
    #[test]
    fn what_stands_in_braces_is_a_fact_or_an_option() {
        let facts = ["region", "host", "service", "where", "principal", "conditions"];
        for row in ROWS {
            for name in row.cure.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
                assert!(facts.contains(&name) || OptionId::named(name).is_some(), "{name} of {:?}", row.cure);
            }
        }
    }

    #[test]
    fn options_go_by_the_names_of_the_host() {
        let service = service("chime").expect("a known service");
        let names = NODE;
        let client = Client { service, region: "r", host: "h", endpoint_source: Some("code"), names };
        assert_eq!(value("where", &client), "look at endpoint");
        assert_eq!(value("timeout", &client), "timeout");
        assert_eq!(value("connect_timeout", &client), "requestHandler.connectionTimeout");
    }
}
