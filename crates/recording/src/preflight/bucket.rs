//! The checks of a bucket.

use serde_json::{Value, json};

use super::documents::{self, principal};
use super::policy::{Access, Verdict as Says, evaluate};
use super::reads::{Answer, Reads};
use super::{Checks, Verdict, xml};
use crate::engine::{Failure, Host};
use crate::names::Bucket;

/// Whose eyes look at a bucket.
pub(super) struct Look<'a> {
    pub(super) host: &'a Host,
    pub(super) reads: &'a Reads,
    pub(super) service: &'a str,
    pub(super) account: &'a str,
    /// The control Region.
    pub(super) control: &'a str,
    pub(super) media_region: Option<&'a str>,
}

impl Look<'_> {
    /// All checks of a bucket. `joins` says whether a concatenation uses it.
    pub(super) async fn at(
        &self,
        bucket: &Bucket,
        joins: bool,
        title: &str,
        checks: &mut Checks,
    ) -> Result<(), Failure> {
        let Some(region) = self.exists(bucket, title, checks).await? else { return Ok(()) };
        self.is_ours(bucket, title, checks).await?;
        self.lies_right(&region, title, checks);
        self.ownership(bucket, &region, title, checks).await?;
        self.policy(bucket, &region, joins, title, checks).await?;
        self.encryption(bucket, &region, title, checks).await
    }

    async fn read(&self, bucket: &Bucket, region: &str, subresource: &str) -> Result<Answer, Failure> {
        self.reads.bucket(self.host, region, &bucket.name, subresource).await
    }

    /// The Region of the bucket; nothing where there is none.
    async fn exists(&self, bucket: &Bucket, title: &str, checks: &mut Checks) -> Result<Option<String>, Failure> {
        const ASKED: &str = "s3:GetBucketLocation";
        let answer = self.read(bucket, "us-east-1", "location").await?;
        if answer.is_ok() {
            // us-east-1 is said by nothing, and eu-west-1 by a name of old.
            let region = match answer.text("LocationConstraint").unwrap_or_default() {
                "" => "us-east-1",
                "EU" => "eu-west-1",
                other => other,
            };
            checks.passed(&format!("{title} exists"), ASKED, &format!("{} in {region}", bucket.name));
            return Ok(Some(region.to_owned()));
        }
        if answer.code == "NoSuchBucket" {
            let region = self.media_region.unwrap_or(self.control);
            let command = format!("aws s3 mb s3://{} --region {region}", bucket.name);
            let cure = "create it in the Region of the meeting's media, or correct its name";
            checks.add(
                &format!("{title} exists"),
                Verdict::Failed,
                ASKED,
                &format!("there is no bucket {}", bucket.name),
                cure,
                &json!(command),
            );
            return Ok(None);
        }
        let cure = "allow the caller s3:GetBucketLocation; a bucket of another account refuses it too";
        checks.cannot_tell(&format!("{title} exists"), ASKED, &answer.told(), cure);
        Ok(None)
    }

    async fn is_ours(&self, bucket: &Bucket, title: &str, checks: &mut Checks) -> Result<(), Failure> {
        const ASKED: &str = "s3:ListAllMyBuckets";
        let answer = self.reads.buckets(self.host).await?;
        let name = format!("{title} is the caller's");
        if !answer.is_ok() {
            checks.cannot_tell(&name, ASKED, &answer.told(), "allow the caller s3:ListAllMyBuckets");
            return Ok(());
        }
        let mut names = Vec::new();
        xml::all(&answer.document, "Name", &mut names);
        if names.contains(&bucket.name.as_str()) {
            checks.passed(&name, ASKED, &format!("account {}", self.account));
        } else {
            checks.failed(
                &name,
                ASKED,
                "another account owns it",
                "use a bucket of the account that the meeting belongs to",
            );
        }
        Ok(())
    }

    fn lies_right(&self, region: &str, title: &str, checks: &mut Checks) {
        let name = format!("{title} lies in the media Region");
        match self.media_region {
            None => checks.cannot_tell(
                &name,
                "",
                &format!("the bucket is in {region}, the meeting's media Region is not known"),
                "give the meeting or its media_region",
            ),
            Some(media) if media == region => checks.passed(&name, "", region),
            Some(media) => {
                let cure = format!("use a bucket in {media}, or make the meeting with its media in {region}");
                checks.failed(&name, "", &format!("the bucket is in {region}, the media in {media}"), &cure);
            }
        }
    }

    async fn ownership(&self, bucket: &Bucket, region: &str, title: &str, checks: &mut Checks) -> Result<(), Failure> {
        const ASKED: &str = "s3:GetBucketOwnershipControls";
        let answer = self.read(bucket, region, "ownershipControls").await?;
        let name = format!("{title} object ownership");
        let rule = answer.text("ObjectOwnership");
        if answer.code == "OwnershipControlsNotFoundError" || (answer.is_ok() && rule != Some("BucketOwnerEnforced")) {
            checks.passed(&name, ASKED, rule.unwrap_or("ACLs are in use, as by default of old"));
        } else if answer.is_ok() {
            let detail = "BucketOwnerEnforced: ACLs are off, and the service writes objects with an ACL; one report says that it was refused";
            let command = format!(
                "aws s3api put-bucket-ownership-controls --bucket {} --ownership-controls 'Rules=[{{ObjectOwnership=BucketOwnerPreferred}}]'",
                bucket.name
            );
            let cure =
                "if the capture is refused with \"Insufficient permission to access S3 bucket\", let ACLs be used";
            checks.add(&name, Verdict::CannotTell, ASKED, detail, cure, &json!(command));
        } else {
            checks.cannot_tell(&name, ASKED, &answer.told(), "allow the caller s3:GetBucketOwnershipControls");
        }
        Ok(())
    }

    async fn policy(
        &self,
        bucket: &Bucket,
        region: &str,
        joins: bool,
        title: &str,
        checks: &mut Checks,
    ) -> Result<(), Failure> {
        const ASKED: &str = "s3:GetBucketPolicy";
        let name = format!("{title} policy");
        let due = documents::bucket_policy(self.service, bucket, self.account, joins);
        let answer = self.read(bucket, region, "policy").await?;
        if answer.code == "NoSuchBucketPolicy" {
            let cure = format!(
                "put this policy: aws s3api put-bucket-policy --bucket {} --policy file://policy.json",
                bucket.name
            );
            checks.add(&name, Verdict::Failed, ASKED, "the bucket has no policy", &cure, &due);
            return Ok(());
        }
        let policy: Option<Value> = if answer.is_ok() { serde_json::from_str(&answer.body).ok() } else { None };
        // JSON of another kind than a policy's is none.
        let Some(policy) = policy.filter(Value::is_object) else {
            let cure = "allow the caller s3:GetBucketPolicy, which the service itself asks of it";
            let verdict = if answer.status == 403 { Verdict::Failed } else { Verdict::CannotTell };
            checks.add(&name, verdict, ASKED, &answer.told(), cure, &Value::Null);
            return Ok(());
        };
        let says = self.says(&policy, bucket, joins);
        let of = |verdict: Says| {
            says.iter().filter(|(_, said)| *said == verdict).map(|(action, _)| *action).collect::<Vec<_>>().join(", ")
        };
        let (denied, missing, unknown) = (of(Says::Denied), of(Says::NotAllowed), of(Says::Unknown));
        let whom = principal(self.service);
        if !denied.is_empty() {
            let detail = format!("a statement denies {whom} {denied}");
            let cure = format!(
                "put the policy with the service excepted: aws s3api put-bucket-policy --bucket {} --policy file://policy.json",
                bucket.name
            );
            checks.add(&name, Verdict::Failed, ASKED, &detail, &cure, &merged(&excepting(&policy, whom), &due));
        } else if !missing.is_empty() {
            let added = merged(&policy, &due);
            let cure = format!(
                "put the policy with the statements added: aws s3api put-bucket-policy --bucket {} --policy file://policy.json",
                bucket.name
            );
            checks.add(&name, Verdict::Failed, ASKED, &format!("no statement allows {whom} {missing}"), &cure, &added);
        } else if !unknown.is_empty() {
            let detail = format!("whether {whom} may {unknown} depends on conditions that only the service knows");
            let cure = format!(
                "put the policy with the service excepted from denials and with statements of these conditions alone: \
                 aws s3api put-bucket-policy --bucket {} --policy file://policy.json",
                bucket.name
            );
            let paste = merged(&excepting(&policy, whom), &due);
            checks.add(&name, Verdict::CannotTell, ASKED, &detail, &cure, &paste);
        } else {
            checks.passed(&name, ASKED, &format!("{whom} may do what it needs"));
        }
        Ok(())
    }

    /// What the policy says of each action.
    fn says(&self, policy: &Value, bucket: &Bucket, joins: bool) -> Vec<(&'static str, Says)> {
        let whole = format!("arn:{}:s3:::{}", bucket.partition, bucket.name);
        let slash = if bucket.prefix.is_empty() { "" } else { "/" };
        let object = format!("{whole}/{}{slash}audio/2024-02-29-12-00-00-000.mp4", bucket.prefix);
        let id = "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11";
        let region = if self.service == "chime" { "us-east-1" } else { self.control };
        let source = format!("arn:{}:chime:{region}:{}:media-pipeline/{id}", bucket.partition, self.account);
        let mut wanted = vec![("s3:PutObject", object.as_str()), ("s3:PutObjectAcl", object.as_str())];
        if joins {
            wanted.extend([("s3:GetObject", object.as_str()), ("s3:ListBucket", whole.as_str())]);
        }
        let access = |action: &'static str, resource| {
            let access =
                Access { principal: principal(self.service), action, resource, account: self.account, source: &source };
            (action, evaluate(policy, &access))
        };
        wanted.into_iter().map(|(action, resource)| access(action, resource)).collect()
    }

    async fn encryption(&self, bucket: &Bucket, region: &str, title: &str, checks: &mut Checks) -> Result<(), Failure> {
        const ASKED: &str = "s3:GetEncryptionConfiguration";
        let name = format!("{title} encryption");
        let answer = self.read(bucket, region, "encryption").await?;
        let algorithm = answer.text("SSEAlgorithm").unwrap_or_default();
        if answer.code == "ServerSideEncryptionConfigurationNotFoundError"
            || (answer.is_ok() && !algorithm.starts_with("aws:kms"))
        {
            checks.passed(&name, ASKED, if algorithm.is_empty() { "none is set" } else { algorithm });
        } else if answer.is_ok() {
            let key = answer.text("KMSMasterKeyID").unwrap_or_default();
            if key.is_empty() || key.ends_with("alias/aws/s3") {
                let cure = "encrypt by AES256 or by a key of your own: the policy of the key that AWS manages cannot be changed";
                checks.failed(
                    &name,
                    ASKED,
                    "objects are encrypted by the key that AWS manages, which the service may not use",
                    cure,
                );
            } else {
                let input = json!({"service": self.service, "bucket": bucket.arn(), "account": self.account});
                let paste = documents::policies(&input).map_or(Value::Null, |policies| policies["key"].clone());
                let cure = "the key's policy needs this statement; `aws kms get-key-policy --policy-name default --key-id ...` shows it";
                checks.add(&name, Verdict::CannotTell, ASKED, &format!("objects are encrypted by {key}"), cure, &paste);
            }
        } else {
            checks.cannot_tell(&name, ASKED, &answer.told(), "allow the caller s3:GetEncryptionConfiguration");
        }
        Ok(())
    }
}

/// A policy with the statements of another behind its own; one with the same Sid takes its place.
fn merged(policy: &Value, more: &Value) -> Value {
    let mut out = policy.clone();
    let list = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let added = list(&more["Statement"]);
    let mut statements = list(&policy["Statement"]);
    statements.retain(|own| !added.iter().any(|new| new["Sid"] == own["Sid"] && !own["Sid"].is_null()));
    statements.extend(added);
    out["Statement"] = statements.into();
    out
}

/// A policy whose denials leave the service out.
fn excepting(policy: &Value, principal: &str) -> Value {
    let mut out = policy.clone();
    let statements = match &mut out["Statement"] {
        Value::Array(statements) => statements.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for statement in statements.iter_mut().filter(|statement| statement["Effect"] == "Deny") {
        statement["Condition"]["StringNotEqualsIfExists"]["aws:PrincipalServiceName"] = principal.into();
    }
    out
}
