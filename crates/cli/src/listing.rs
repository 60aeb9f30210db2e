//! The pipelines of all kinds, in many Regions at once.

use std::thread;

use chimeline_core::config::endpoint::available;
use serde_json::{Value, json};

use crate::session::{CommandError, Session};

const SERVICE: &str = "chime-sdk-media-pipelines";

/// A pipeline as the service describes it.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) region: String,
    pub(crate) kind: String,
    pub(crate) pipeline: Value,
    pub(crate) tags: Value,
}

impl Listed {
    pub(crate) fn text(&self, member: &str) -> &str {
        self.pipeline[member].as_str().unwrap_or_default()
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.text("Status"), "Stopped" | "Failed" | "Stopping")
    }

    /// How many seconds ago it was created.
    pub(crate) fn age(&self) -> Option<f64> {
        let created: jiff::Timestamp = self.text("CreatedTimestamp").parse().ok()?;
        Some(jiff::Timestamp::now().duration_since(created).as_secs_f64())
    }

    pub(crate) fn has_tags(&self, tags: &[(String, String)]) -> bool {
        let own = self.tags.as_array().map(Vec::as_slice).unwrap_or_default();
        tags.iter().all(|(key, value)| own.iter().any(|tag| tag["Key"] == **key && tag["Value"] == **value))
    }

    pub(crate) fn json(&self) -> Value {
        json!({"Region": self.region, "Kind": self.kind, "Tags": self.tags, "Pipeline": self.pipeline})
    }
}

/// The pipelines of the Region that is chosen, else of all; and why some Regions have not answered.
pub(crate) fn list(session: &mut Session, region: Option<&str>) -> Result<(Vec<Listed>, Vec<String>), CommandError> {
    let regions: Vec<String> = if region.is_some() || !session.is_at_aws() {
        vec![session.region()?]
    } else {
        chimeline_core::service(SERVICE)
            .into_iter()
            .flat_map(|service| available(service, "aws", false))
            .map(str::to_owned)
            .collect()
    };
    let sessions: Vec<(String, Session)> =
        regions.into_iter().map(|region| (region.clone(), session.in_region(&region))).collect();
    let results: Vec<(String, Result<Vec<Listed>, CommandError>)> = thread::scope(|scope| {
        let started: Vec<_> = sessions
            .into_iter()
            .map(|(region, mut session)| {
                let name = region.clone();
                (name, scope.spawn(move || in_region(&mut session, &region)))
            })
            .collect();
        let joined = started.into_iter().map(|(region, thread)| {
            (region, thread.join().unwrap_or_else(|_| Err(CommandError::new("the look was cut off"))))
        });
        joined.collect()
    });
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    let mut first = None;
    let asked = results.len();
    for (region, result) in results {
        match result {
            Ok(listed) => found.extend(listed),
            Err(error) => {
                failed.push(format!("{region}: {}", error.message));
                first.get_or_insert(error);
            }
        }
    }
    match first {
        Some(error) if failed.len() == asked => Err(error),
        _ => Ok((found, failed)),
    }
}

fn in_region(session: &mut Session, region: &str) -> Result<Vec<Listed>, CommandError> {
    let mut out = Vec::new();
    let mut input = json!({});
    loop {
        let page = session.call(SERVICE, "ListMediaPipelines", &input)?;
        for item in page["MediaPipelines"].as_array().into_iter().flatten() {
            // One that is gone meanwhile is none.
            let Ok(found) =
                session.call(SERVICE, "GetMediaPipeline", &json!({"MediaPipelineId": item["MediaPipelineId"]}))
            else {
                continue;
            };
            for (member, pipeline) in found["MediaPipeline"].as_object().into_iter().flatten() {
                let tags =
                    session.call(SERVICE, "ListTagsForResource", &json!({"ResourceARN": pipeline["MediaPipelineArn"]}));
                out.push(Listed {
                    region: region.to_owned(),
                    kind: kind(member),
                    pipeline: pipeline.clone(),
                    tags: tags.map_or(json!([]), |tags| tags["Tags"].clone()),
                });
            }
        }
        match page["NextToken"].as_str() {
            Some(token) if !token.is_empty() => input["NextToken"] = token.into(),
            _ => return Ok(out),
        }
    }
}

/// `MediaLiveConnectorPipeline` is a `live-connector`.
fn kind(member: &str) -> String {
    let name = member.strip_prefix("Media").and_then(|name| name.strip_suffix("Pipeline")).unwrap_or(member);
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
