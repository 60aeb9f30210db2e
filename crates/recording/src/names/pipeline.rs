//! A pipeline as callers name it.

use serde_json::Value;

use super::{is_account, is_id};
use crate::engine::Failure;

const RULE: &str =
    "a pipeline: what a call returned, its ARN (arn:aws:chime:REGION:ACCOUNT:media-pipeline/ID) or its MediaPipelineId";

/// A pipeline, with its ARN where the name says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pipeline {
    pub(crate) id: String,
    pub(crate) arn: Option<String>,
}

impl Pipeline {
    /// A pipeline given as an object, an ARN, or an id.
    pub(crate) fn parse(member: &str, value: &Value) -> Result<Pipeline, Failure> {
        Pipeline::read(value).ok_or_else(|| Failure::wrong(member, value, RULE))
    }

    /// The same, for what may be another thing. An id may also be that of a meeting.
    pub(crate) fn read(value: &Value) -> Option<Pipeline> {
        match value {
            Value::String(text) if text.starts_with("arn:") => Pipeline::from_arn(text),
            Value::String(text) => is_id(text).then(|| Pipeline { id: text.clone(), arn: None }),
            Value::Object(members) => {
                const WRAPPERS: [&str; 3] = ["MediaCapturePipeline", "MediaConcatenationPipeline", "MediaPipeline"];
                let text = |name: &str| members.get(name).and_then(Value::as_str);
                let named = text("MediaPipelineArn").and_then(Pipeline::from_arn);
                let named = named.or_else(|| {
                    let id = text("MediaPipelineId")?;
                    is_id(id).then(|| Pipeline { id: id.to_owned(), arn: None })
                });
                named.or_else(|| WRAPPERS.iter().find_map(|name| Pipeline::read(members.get(*name)?)))
            }
            _ => None,
        }
    }

    pub(crate) fn from_arn(arn: &str) -> Option<Pipeline> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, "chime", region, account, resource] = parts.as_slice() else { return None };
        let id = resource.strip_prefix("media-pipeline/")?;
        let is_one = partition.starts_with("aws") && !region.is_empty() && is_account(account) && is_id(id);
        is_one.then(|| Pipeline { id: id.to_owned(), arn: Some(arn.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Pipeline;

    const ID: &str = "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11";

    #[test]
    fn every_form_names_the_same_pipeline() {
        let arn = format!("arn:aws:chime:us-east-1:111122223333:media-pipeline/{ID}");
        let object = json!({"MediaPipelineId": ID, "MediaPipelineArn": arn, "Status": "InProgress"});
        let wrapped = json!({"MediaPipeline": {"MediaCapturePipeline": object}});
        for value in [json!(arn), object.clone(), json!({"MediaCapturePipeline": object}), wrapped] {
            let pipeline = Pipeline::parse("pipeline", &value).expect("a pipeline");
            assert_eq!((pipeline.id.as_str(), pipeline.arn.as_deref()), (ID, Some(arn.as_str())));
        }
        assert_eq!(Pipeline::parse("pipeline", &json!({"MediaPipelineId": ID})).expect("a pipeline").arn, None);
    }

    #[test]
    fn other_things_are_refused_with_the_rule() {
        let meeting = format!("arn:aws:chime:us-east-1:111122223333:meeting/{ID}");
        for value in [json!("x"), json!(1), json!(null), json!({}), json!(meeting), json!({"MediaPipelineId": "x"})] {
            let why = Pipeline::parse("capture", &value).expect_err("no pipeline").to_string();
            assert!(why.starts_with("capture must be a pipeline: "), "{why}");
        }
    }
}
