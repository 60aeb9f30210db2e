//! What cures an error, where its text is one that the service is known to send. Nothing is guessed beyond those texts.

use crate::error::kinds::ServiceError;
use crate::schema::{Operation, Service};

/// The cure, if one is known.
pub(crate) fn of(service: &Service, operation: &Operation, region: &str, error: &ServiceError) -> Option<String> {
    let message = error.message.as_ref().and_then(|message| message.as_str()).unwrap_or_default();
    let says = |text: &str| message.contains(text);
    let legacy = service.name == "chime";
    let cure = if says("is not authorized to call deprecated Amazon Chime SDK API")
        || legacy && says("Not authorized to call Chime SDK with Account Id")
    {
        "the namespace \"chime\" is closed to this account: use the service \"chime-sdk-media-pipelines\", or set the client's \
         option namespace to \"media-pipelines\", which sends the same calls there"
            .to_owned()
    } else if says("Insufficient permission to access S3 bucket") || says("S3 Bucket policy not valid/present for Sink")
    {
        bucket_policy(legacy, operation)
    } else if says("No such S3 Bucket") {
        "the bucket must be in the caller's account and in the meeting's media Region, and SinkArn must name it as \
         arn:aws:s3:::BUCKET, with or without /PREFIX behind it"
            .to_owned()
    } else if says("Resource ownership mismatch") {
        "the meeting belongs to another account: make the meeting and its pipelines with credentials of one account"
            .to_owned()
    } else if says("Limit reached") && is(error, "ResourceLimitExceeded") {
        "a meeting has one capture pipeline at a time, and an account has a quota of active ones: delete the pipelines that \
         are done, or have the quota raised; making the same call again does not help"
            .to_owned()
    } else if says("Credential should be scoped to a valid region") {
        "this endpoint takes signatures for another Region than the client's: give the client the endpoint's Region"
            .to_owned()
    } else if !legacy && is(error, "NotFound") && reads_a_pipeline(operation) {
        format!("a pipeline is found only in the control Region that made it; this client asks {region}")
    } else {
        return None;
    };
    Some(cure)
}

fn bucket_policy(legacy: bool, operation: &Operation) -> String {
    let principal = if legacy { "chime.amazonaws.com" } else { "mediapipelines.chime.amazonaws.com" };
    let more = if operation.name.contains("Concatenation") { ", s3:GetObject and s3:ListBucket" } else { "" };
    format!(
        "the bucket's policy must allow the service principal {principal} s3:PutObject and s3:PutObjectAcl{more}, with the \
         conditions aws:SourceAccount and aws:SourceArn arn:aws:chime:*:ACCOUNT:*; the caller needs s3:GetBucketPolicy; \
         the bucket must be in the caller's account and in the meeting's media Region"
    )
}

/// Whether the error's code is that name, in short or in full.
fn is(error: &ServiceError, name: &str) -> bool {
    let code = error.code.as_ref().and_then(|code| code.as_str()).unwrap_or_default();
    code.strip_suffix("Exception").unwrap_or(code) == name
}

fn reads_a_pipeline(operation: &Operation) -> bool {
    let verb = ["Get", "Delete"].iter().find_map(|verb| operation.name.strip_prefix(verb));
    verb.is_some_and(|noun| matches!(noun, "MediaPipeline" | "MediaCapturePipeline"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::of;
    use crate::error::kinds::{ResponseMetadata, ServiceError};
    use crate::service;

    fn hint(service_name: &str, operation: &str, code: &str, message: &str) -> Option<String> {
        let service = service(service_name).expect("a known service");
        let operation = service.operation(operation).expect("a known operation");
        let error = ServiceError {
            code: Some(Value::String(code.to_owned())),
            message: Some(Value::String(message.to_owned())),
            members: Vec::new(),
            class: None,
            response: ResponseMetadata::default(),
            max_attempts_reached: false,
            retry_quota_reached: false,
        };
        of(service, operation, "eu-west-2", &error)
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
        let cases = [
            ("chime", create, "Forbidden", closed, "namespace"),
            (
                "chime",
                create,
                "Forbidden",
                "Not authorized to call Chime SDK with Account Id 123456789012",
                "namespace",
            ),
            (
                "chime",
                create,
                "BadRequest",
                "S3 Bucket policy not valid/present for Sink arn:aws:s3:::b",
                " chime.amazonaws",
            ),
            (pipelines, create, "Forbidden", "Insufficient permission to access S3 bucket: b", "mediapipelines.chime."),
            ("chime", create, "BadRequest", "No such S3 Bucket: -ap-southeast-1", "arn:aws:s3:::BUCKET"),
            ("chime", create, "ForbiddenException", "Resource ownership mismatch", "another account"),
            ("chime", create, "ResourceLimitExceeded", limit, "quota"),
            (
                "chime",
                create,
                "InvalidSignatureException",
                "Credential should be scoped to a valid region, not 'eu-west-2'.",
                "Region",
            ),
            (pipelines, "GetMediaPipeline", "NotFoundException", "m", "this client asks eu-west-2"),
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
}
