//! What cures an error, as far as its cause is certain: by the service's text, by what happened on the connection, or by the kind
//! alone. The rows are in [`hint_rows`](super::hint_rows).

use crate::error::hint_rows::{Facts, ROWS, is_legacy};
use crate::error::kinds::Error;
use crate::schema::Service;
use crate::schema::generated::options::{OptionId, OptionNames};

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
    Some(filled(row.cure, client, operation))
}

/// The text with what its `{names}` stand for.
fn filled(text: &str, client: &Client<'_>, operation: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, more)| Some((before, more.split_once('}')?)))
    {
        out.push_str(before);
        out.push_str(&value(name, client, operation));
        rest = after;
    }
    out + rest
}

fn value(name: &str, client: &Client<'_>, operation: &str) -> String {
    let endpoint_url = client.names.name(OptionId::EndpointUrl);
    match name {
        "region" => client.region.to_owned(),
        "host" => client.host.to_owned(),
        "service" => client.service.name.to_owned(),
        "operation" => operation.to_owned(),
        "where" => match client.endpoint_source {
            Some("code") => format!("look at {endpoint_url}"),
            Some(source) => format!("look at the endpoint URL of the {source}"),
            None => format!("look at {endpoint_url} and at proxies"),
        },
        "principal" if is_legacy(client.service) => "chime.amazonaws.com".to_owned(),
        "principal" => "mediapipelines.chime.amazonaws.com".to_owned(),
        "actions" if operation.contains("Concatenation") => {
            "s3:PutObject, s3:PutObjectAcl, s3:GetObject and s3:ListBucket".to_owned()
        }
        "actions" => "s3:PutObject and s3:PutObjectAcl".to_owned(),
        "role" => "`aws iam create-service-linked-role --aws-service-name mediapipelines.chime.amazonaws.com`".to_owned(),
        "conditions" => "with the conditions aws:SourceAccount and aws:SourceArn arn:aws:chime:*:ACCOUNT:*; the caller needs \
                         s3:GetBucketPolicy; the bucket must be in the caller's account and in the meeting's media Region"
            .to_owned(),
        name => OptionId::named(name).map_or(name, |option| client.names.name(option)).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Client, OptionId, OptionNames, of, value};
    use crate::error::hint_rows::ROWS;
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
        let role = "Create a service-linked role to allow Amazon Chime SDK media pipelines to access Amazon Chime SDK \
                    meetings on your behalf";
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
            ("chime", "DeleteMediaCapturePipeline", "NotFound", "m", "nothing is left to do"),
            (pipelines, create, "BadRequestException", "The bucket policy does not exist", "has no policy: put one"),
            (pipelines, create, "BadRequestException", role, "create-service-linked-role"),
            (
                pipelines,
                create,
                "ForbiddenException",
                "Insufficient permission to access S3 bucket",
                "service-linked role",
            ),
            (pipelines, create, "BadRequestException", "The meeting has ended", "nobody joined"),
            (pipelines, create, "NotFoundException", "Meeting 1be4e26f not found", "create it again"),
            ("chime-sdk-meetings", "GetMeeting", "NotFound", "Meeting 1be4e26f not found", "create it again"),
            (pipelines, create, "ForbiddenException", "Subscription check failed", "not set up"),
            (pipelines, create, "ForbiddenException", "AWS authorization failed", "chime:CreateMediaCapturePipeline"),
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
        let facts = ["region", "host", "service", "operation", "where", "principal", "actions", "role", "conditions"];
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
        assert_eq!(value("where", &client, "X"), "look at endpoint");
        assert_eq!(value("verify", &client, "X"), "caBundle");
    }
}
