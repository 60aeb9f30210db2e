//! A place in S3 as callers name it.

use serde_json::Value;

use crate::engine::Failure;

const RULE: &str =
    "a place in S3: s3://BUCKET, s3://BUCKET/PREFIX, or the ARN arn:aws:s3:::BUCKET with or without /PREFIX";

/// A bucket and a prefix, which may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) partition: String,
    pub(crate) name: String,
    /// Without slashes at its ends.
    pub(crate) prefix: String,
}

impl Bucket {
    /// A place given as a URL or an ARN.
    pub(crate) fn parse(member: &str, value: &Value) -> Result<Bucket, Failure> {
        let read = value.as_str().and_then(Bucket::from_text);
        let bucket = read.ok_or_else(|| Failure::wrong(member, value, RULE))?;
        check_name(member, &bucket.name)?;
        if let Some(wrong) = bucket.prefix.chars().find(|c| !is_in_arns(*c)) {
            let rule = "of letters, digits and / : - _ . alone, for the service takes no other signs in the ARN";
            return Err(Failure::Invalid(format!("the prefix in {member} must be {rule}; it has {wrong:?}")));
        }
        Ok(bucket)
    }

    fn from_text(text: &str) -> Option<Bucket> {
        let (partition, rest) = match text.strip_prefix("s3://") {
            Some(rest) => ("aws", rest),
            None => text.strip_prefix("arn:")?.split_once(":s3:::")?,
        };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        partition.starts_with("aws").then(|| Bucket {
            partition: partition.to_owned(),
            name: name.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
        })
    }

    /// The ARN that the service takes.
    pub(crate) fn arn(&self) -> String {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        format!("arn:{}:s3:::{}{slash}{}", self.partition, self.name, self.prefix)
    }

    /// Whether an ARN names the same place.
    pub(crate) fn is(&self, arn: &str) -> bool {
        Bucket::from_text(arn).is_some_and(|other| other == *self)
    }
}

fn is_in_arns(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '/' | ':' | '-' | '_' | '.')
}

/// S3's rules for the names of buckets.
fn check_name(member: &str, name: &str) -> Result<(), Failure> {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let signs = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'));
    let is_name = (3..=63).contains(&name.len()) && signs && ends(name.chars().next()) && ends(name.chars().last());
    if is_name && !name.contains("..") {
        return Ok(());
    }
    let rule = "3 to 63 lower-case letters, digits, - and ., with a letter or digit at both ends";
    Err(Failure::Invalid(format!("{member} names the bucket {name:?}, which cannot be one: a name has {rule}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Bucket;

    #[test]
    fn urls_and_arns_name_the_same_place() {
        for text in [
            "s3://recordings/a/b/",
            "s3://recordings/a/b",
            "arn:aws:s3:::recordings/a/b",
            "arn:aws:s3:::recordings//a/b/",
        ] {
            let bucket = Bucket::parse("sink", &json!(text)).expect("a place");
            assert_eq!(bucket.arn(), "arn:aws:s3:::recordings/a/b");
            assert!(bucket.is(text));
        }
        assert_eq!(
            Bucket::parse("sink", &json!("s3://recordings/")).expect("a place").arn(),
            "arn:aws:s3:::recordings"
        );
        assert_eq!(Bucket::parse("sink", &json!("arn:aws-cn:s3:::recordings")).expect("a place").partition, "aws-cn");
    }

    #[test]
    fn what_cannot_be_a_place_is_refused() {
        for (text, part) in [
            ("recordings", "must be a place in S3"),
            ("https://recordings.s3.amazonaws.com", "must be a place in S3"),
            ("arn:aws:s3:us-east-1:1:accesspoint/x", "must be a place in S3"),
            ("s3://", "cannot be one"),
            ("s3://Recordings", "cannot be one"),
            ("s3://re..cordings", "cannot be one"),
            ("s3://ab", "cannot be one"),
            ("s3://recordings-/x", "cannot be one"),
            ("s3://recordings/a b", "it has ' '"),
        ] {
            let why = Bucket::parse("sink", &json!(text)).expect_err("no place").to_string();
            assert!(why.contains(part), "{text}: {why}");
        }
        assert!(Bucket::parse("sink", &json!(5)).expect_err("no place").to_string().ends_with("not 5, a number"));
    }
}
