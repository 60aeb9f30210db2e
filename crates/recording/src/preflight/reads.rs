//! The reads of S3, STS and IAM: signed GETs, whose answers the host gives as they come.

use serde_json::{Value, json};

use super::xml;
use crate::engine::{Failure, Host};

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) body: String,
    /// The body where it is XML.
    pub(crate) document: Value,
    /// The code of an error.
    pub(crate) code: String,
    /// Why there is no answer.
    pub(crate) failure: Option<String>,
}

impl Answer {
    pub(crate) fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        xml::find(&self.document, name)
    }

    /// What came, for the detail of a check.
    pub(crate) fn told(&self) -> String {
        match &self.failure {
            Some(failure) => failure.clone(),
            None if self.code.is_empty() => format!("HTTP {}", self.status),
            None => format!("HTTP {} {}", self.status, self.code),
        }
    }
}

/// Where requests go.
pub(crate) struct Reads {
    pub(crate) region: String,
    pub(crate) partition: String,
    /// URLs in place of AWS's own, by service.
    pub(crate) endpoints: Value,
}

impl Reads {
    pub(crate) async fn caller(&self, host: &Host) -> Result<Answer, Failure> {
        let region = self.region.clone();
        let own = format!("https://sts.{region}.{}", self.suffix());
        self.get(host, "sts", &region, &own, "/?Action=GetCallerIdentity&Version=2011-06-15").await
    }

    pub(crate) async fn role(&self, host: &Host, name: &str) -> Result<Answer, Failure> {
        let path = format!("/?Action=GetRole&RoleName={name}&Version=2010-05-08");
        self.get(host, "iam", "us-east-1", "https://iam.amazonaws.com", &path).await
    }

    pub(crate) async fn buckets(&self, host: &Host) -> Result<Answer, Failure> {
        self.s3(host, "us-east-1", "/").await
    }

    /// A subresource of a bucket, such as `policy`, at the Region of the bucket.
    pub(crate) async fn bucket(
        &self,
        host: &Host,
        region: &str,
        name: &str,
        subresource: &str,
    ) -> Result<Answer, Failure> {
        self.s3(host, region, &format!("/{name}?{subresource}")).await
    }

    async fn s3(&self, host: &Host, region: &str, path: &str) -> Result<Answer, Failure> {
        let own = format!("https://s3.{region}.{}", self.suffix());
        self.get(host, "s3", region, &own, path).await
    }

    fn suffix(&self) -> &'static str {
        if self.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
    }

    async fn get(&self, host: &Host, service: &str, region: &str, own: &str, path: &str) -> Result<Answer, Failure> {
        let base = self.endpoints[service].as_str().unwrap_or(own).trim_end_matches('/');
        let input = json!({"service": service, "region": region, "url": format!("{base}{path}")});
        Ok(match host.call("aws", "SignedGet", input).await {
            Ok(reply) => {
                let body = reply.text(&["body"]).to_owned();
                let document = xml::read(&body);
                let status = reply.at(&["status"]).as_u64().unwrap_or(0);
                let code = if status < 300 { None } else { xml::find(&document, "Code") };
                Answer { status, code: code.unwrap_or_default().to_owned(), document, body, failure: None }
            }
            Err(failed) => Answer {
                status: 0,
                body: String::new(),
                document: Value::Null,
                code: String::new(),
                failure: Some(failed.error.message),
            },
        })
    }
}
