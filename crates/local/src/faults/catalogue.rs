//! Refusals that people met, by name: their codes, statuses and texts as public threads and the developer guide report them.

/// A refusal of the service.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The name that a rule gives it.
    pub(crate) name: &'static str,
    /// The error code.
    pub(crate) code: &'static str,
    /// The HTTP status, for a service whose model does not name the code.
    pub(crate) status: u16,
    pub(crate) message: &'static str,
    /// When the service refuses so, and what cures it.
    pub(crate) cure: &'static str,
}

const fn entry(
    name: &'static str,
    code: &'static str,
    status: u16,
    message: &'static str,
    cure: &'static str,
) -> Entry {
    Entry { name, code, status, message, cure }
}

pub(crate) static CATALOGUE: &[Entry] = &[
    entry(
        "bucket-policy-missing",
        "BadRequestException",
        400,
        "The bucket policy does not exist",
        "The bucket has no policy for the service's principal: add one.",
    ),
    entry(
        "bucket-policy-invalid",
        "BadRequestException",
        400,
        "S3 Bucket policy not valid/present for Sink",
        "The bucket's policy does not let the service's principal put objects: correct it.",
    ),
    entry(
        "bucket-access-denied",
        "ForbiddenException",
        403,
        "Insufficient permission to access S3 bucket",
        "The caller needs s3:GetBucketPolicy; the service-linked role must exist, and ACLs be enabled on the bucket.",
    ),
    entry(
        "service-linked-role-missing",
        "BadRequestException",
        400,
        "Create a service-linked role to allow Amazon Chime SDK media pipelines to access Amazon Chime SDK meetings on your behalf",
        "Run: aws iam create-service-linked-role --aws-service-name mediapipelines.chime.amazonaws.com",
    ),
    entry(
        "ownership-mismatch",
        "ForbiddenException",
        403,
        "Resource ownership mismatch",
        "The meeting and the caller are in different accounts.",
    ),
    entry(
        "limit-reached",
        "ResourceLimitExceededException",
        400,
        "Limit reached",
        "The meeting has a capture already, or the quota of active pipelines is reached. Retrying does not help.",
    ),
    entry(
        "meeting-ended",
        "BadRequestException",
        400,
        "The meeting has ended",
        "The meeting ended by itself: create it again.",
    ),
    entry(
        "subscription-check-failed",
        "ForbiddenException",
        403,
        "Subscription check failed",
        "The account is not set up for the service.",
    ),
    entry(
        "authorization-failed",
        "ForbiddenException",
        403,
        "AWS authorization failed",
        "The caller's IAM policy does not allow the operation.",
    ),
    entry(
        "validation-error",
        "ValidationException",
        400,
        "1 validation error detected: Value at 'attendees' failed to satisfy constraint: \
         Member must have length less than or equal to 10",
        "A member of the input breaks a constraint.",
    ),
    entry(
        "legacy-namespace-closed",
        "ForbiddenException",
        403,
        "The account is not authorized to call deprecated Amazon Chime SDK API on the \"chime\" endpoint",
        "Use chime-sdk-media-pipelines.",
    ),
    entry(
        "throttled",
        "ThrottledClientException",
        429,
        "Rate exceeded",
        "Too many requests: retry with exponential backoff.",
    ),
    entry(
        "service-unavailable",
        "ServiceUnavailableException",
        503,
        "The service is currently unavailable.",
        "Retry with exponential backoff.",
    ),
    entry(
        "service-failure",
        "ServiceFailureException",
        500,
        "The service encountered an unexpected error.",
        "Retry with exponential backoff.",
    ),
    entry(
        "expired-token",
        "ExpiredTokenException",
        403,
        "The security token included in the request is expired",
        "Refresh the temporary credentials.",
    ),
];

pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.name == name)
}
