//! Rules of insights pipelines and their tasks.

use serde_json::Value;

use crate::kinds::media_pipelines::{INSIGHTS, INSIGHTS_CONFIGURATION};
use crate::operations::rules::pipelines::texts;
use crate::request::{Request, ServiceError};
use crate::state::{AccountState, Draft};

pub(super) fn prepare_pipeline(
    state: &AccountState,
    request: &Request<'_>,
    draft: &mut Draft,
) -> Result<(), ServiceError> {
    let arn = request.text("MediaInsightsPipelineConfigurationArn");
    let (_, configuration) = state
        .find(&[&INSIGHTS_CONFIGURATION], &request.region, arn)
        .ok_or_else(|| ServiceError::not_found(INSIGHTS_CONFIGURATION.noun, arn))?;
    let types = texts(&configuration.members, ["Elements", "", "Type"]);
    let types: Vec<Value> = types.into_iter().map(Value::from).collect();
    draft.members.insert("ElementTypes".to_owned(), types.into());
    Ok(())
}

pub(super) fn prepare_task(state: &AccountState, request: &Request<'_>, draft: &mut Draft) -> Result<(), ServiceError> {
    let identifier = request.text("Identifier");
    let (number, pipeline) = state
        .find(&[&INSIGHTS], &request.region, identifier)
        .ok_or_else(|| ServiceError::not_found(INSIGHTS.noun, identifier))?;
    if !matches!(pipeline.status, Some("Initializing" | "InProgress")) {
        return Err(ServiceError::conflict(format!("The pipeline is {}.", pipeline.status.unwrap_or_default())));
    }
    draft.parent = Some(number);
    Ok(())
}
