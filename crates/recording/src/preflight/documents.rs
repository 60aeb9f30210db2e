//! The policies that recordings need, as documents to paste. Nothing is asked for.

use serde_json::{Value, json};

use crate::engine::Failure;
use crate::flows::options;
use crate::names::{Bucket, is_account};

/// The principal that writes to the bucket.
pub(crate) fn principal(service: &str) -> &'static str {
    if service == "chime" { "chime.amazonaws.com" } else { "mediapipelines.chime.amazonaws.com" }
}

/// The service-linked role, and the command that creates it.
pub(crate) const ROLE: &str = "AWSServiceRoleForAmazonChimeSDKMediaPipelines";
pub(crate) const ROLE_COMMAND: &str =
    "aws iam create-service-linked-role --aws-service-name mediapipelines.chime.amazonaws.com";

/// The policy of a bucket for captures, and for concatenations where they read or write it.
pub(crate) fn bucket_policy(service: &str, bucket: &Bucket, account: &str, with_concatenation: bool) -> Value {
    let (partition, name) = (&bucket.partition, &bucket.name);
    let (whole, objects) = (format!("arn:{partition}:s3:::{name}"), format!("arn:{partition}:s3:::{name}/*"));
    let mut actions = vec!["s3:PutObject", "s3:PutObjectAcl"];
    if with_concatenation {
        actions.push("s3:GetObject");
    }
    let statement = |sid: &str, actions: &Value, resource: &str| {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": principal(service)},
            "Action": actions,
            "Resource": resource,
            "Condition": from_account(partition, account),
        })
    };
    let mut statements = vec![statement("ChimeMediaPipelinesObjects", &json!(actions), &objects)];
    if with_concatenation {
        statements.push(statement("ChimeMediaPipelinesBucket", &json!("s3:ListBucket"), &whole));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn from_account(partition: &str, account: &str) -> Value {
    json!({
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": format!("arn:{partition}:chime:*:{account}:*")},
    })
}

/// The statement that a customer-managed key needs beside its own.
fn key_policy(service: &str, partition: &str, account: &str) -> Value {
    let statement = json!({
        "Sid": "ChimeMediaPipelines",
        "Effect": "Allow",
        "Principal": {"Service": principal(service)},
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": "*",
        "Condition": from_account(partition, account),
    });
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// What the caller is allowed: just what recordings ask for.
fn caller_policy(service: &str, bucket: &Bucket, purpose: &str) -> Value {
    let whole = format!("arn:{}:s3:::{}", bucket.partition, bucket.name);
    let chime: Vec<&str> = match (service, purpose) {
        ("chime", _) => vec![
            "chime:CreateMediaCapturePipeline",
            "chime:GetMediaCapturePipeline",
            "chime:ListMediaCapturePipelines",
            "chime:DeleteMediaCapturePipeline",
        ],
        (_, "live-connector") => vec![
            "chime:CreateMediaLiveConnectorPipeline",
            "chime:GetMediaPipeline",
            "chime:ListMediaPipelines",
            "chime:DeleteMediaPipeline",
        ],
        (_, purpose) => {
            let mut out = vec![
                "chime:CreateMediaCapturePipeline",
                "chime:GetMediaCapturePipeline",
                "chime:ListMediaCapturePipelines",
                "chime:DeleteMediaCapturePipeline",
                "chime:GetMediaPipeline",
                "chime:ListMediaPipelines",
                "chime:TagResource",
            ];
            if purpose == "concatenation" {
                out.push("chime:CreateMediaConcatenationPipeline");
            }
            out
        }
    };
    let mut statements = vec![
        json!({"Sid": "Pipelines", "Effect": "Allow", "Action": chime, "Resource": "*"}),
        json!({"Sid": "Meetings", "Effect": "Allow", "Action": ["chime:CreateMeeting", "chime:GetMeeting", "chime:BatchCreateAttendee", "chime:ListAttendees"], "Resource": "*"}),
    ];
    if purpose != "live-connector" {
        let actions = ["s3:GetBucketPolicy", "s3:GetBucketLocation"];
        statements.push(json!({"Sid": "Bucket", "Effect": "Allow", "Action": actions, "Resource": whole}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What lets meetings notify a topic or a queue.
fn notification_policy(action: &str, resource: &str, account: &str) -> Value {
    let statement = json!({
        "Sid": "ChimeMeetingNotifications",
        "Effect": "Allow",
        "Principal": {"Service": "meetings.chime.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    });
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// The policies for a `purpose` (`capture`, `concatenation` or `live-connector`), an account and a bucket: a map with `bucket`,
/// `key`, `caller`, `sns`, `sqs` and `role_command`, as far as they apply.
pub fn policies(input: &Value) -> Result<Value, Failure> {
    let service = options::service(input);
    let purpose = options::text(input, "purpose", "capture")?;
    if !["capture", "concatenation", "live-connector"].contains(&purpose.as_str()) {
        return Err(Failure::wrong("purpose", &input["purpose"], "capture, concatenation or live-connector"));
    }
    if service == "chime" && purpose != "capture" {
        return Err(Failure::Invalid(format!(
            "the namespace chime has captures alone, no {purpose}; chime-sdk-media-pipelines has it"
        )));
    }
    let account = options::text(input, "account", "")?;
    if !is_account(&account) {
        return Err(Failure::wrong("account", &input["account"], "the 12 digits of an account"));
    }
    let region = options::text(input, "region", "us-east-1")?;
    let bucket = if input["bucket"].is_null() && purpose == "live-connector" {
        Bucket { partition: "aws".to_owned(), name: String::new(), prefix: String::new() }
    } else {
        Bucket::parse("bucket", &named(&input["bucket"]))?
    };
    let partition = &bucket.partition;
    let name = |member: &str, default: &str| options::text(input, member, default);
    let topic = format!("arn:{partition}:sns:{region}:{account}:{}", name("topic", "chime-meetings")?);
    let queue = format!("arn:{partition}:sqs:{region}:{account}:{}", name("queue", "chime-meetings")?);
    let mut out = json!({
        "caller": caller_policy(&service, &bucket, &purpose),
        "sns": notification_policy("sns:Publish", &topic, &account),
        "sqs": notification_policy("sqs:SendMessage", &queue, &account),
    });
    if purpose != "live-connector" {
        out["bucket"] = bucket_policy(&service, &bucket, &account, purpose == "concatenation");
        out["key"] = key_policy(&service, partition, &account);
    }
    if service != "chime" {
        out["role_command"] = ROLE_COMMAND.into();
    }
    Ok(out)
}

/// A bucket may be given by its name alone here.
fn named(value: &Value) -> Value {
    match value.as_str() {
        Some(name) if !name.contains(':') && !name.contains('/') => format!("s3://{name}").into(),
        _ => value.clone(),
    }
}
