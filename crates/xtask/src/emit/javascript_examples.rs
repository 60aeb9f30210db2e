//! An example of each operation, with the members that it needs.

use crate::model::{Operation, Shape};
use crate::paths::Result;
use crate::services::Service;

/// A call of the operation by the method of the aggregated client, as a block of code.
pub fn example(service: &Service, operation: &Operation) -> Result<String> {
    let input = match &operation.input {
        Some(input) => structure(service, &input.shape, "")?,
        None => "{}".to_owned(),
    };
    let given = if input == "{}" { "" } else { &input };
    let call = format!("await client.{}({given});", operation.camel_name());
    let first = match &operation.output {
        Some(output) => service.model.members(&output.shape)?.into_iter().next().map(|(name, _)| name),
        None => None,
    };
    let line = first.map_or_else(|| call.clone(), |name| format!("const {{ {name} }} = {call}"));
    Ok(format!("```js\nconst client = new {}({{ region: \"us-east-1\" }});\n{line}\n```", service.names.class))
}

/// The required members of a structure.
fn structure(service: &Service, shape: &str, indent: &str) -> Result<String> {
    let Shape::Structure { required, .. } = service.model.shape(shape)? else { return Ok("{}".to_owned()) };
    let inner = format!("{indent}  ");
    let mut members = Vec::new();
    for (name, member) in service.model.members(shape)? {
        if required.contains(&name) && !member.idempotency_token {
            members.push(format!("{inner}{name}: {},\n", value(service, &name, &member.shape, &inner)?));
        }
    }
    Ok(if members.is_empty() { "{}".to_owned() } else { format!("{{\n{}{indent}}}", members.concat()) })
}

fn value(service: &Service, name: &str, shape: &str, indent: &str) -> Result<String> {
    Ok(match service.model.shape(shape)? {
        Shape::Structure { .. } => structure(service, shape, indent)?,
        Shape::List { member, .. } => format!("[{}]", value(service, name, &member.shape, indent)?),
        Shape::Map { value: item, .. } => format!("{{ name: {} }}", value(service, name, &item.shape, indent)?),
        Shape::String { values, .. } if !values.is_empty() => format!("{:?}", values[0]),
        Shape::String { .. } => format!("{:?}", text(name)),
        Shape::Integer { min, .. } => min.unwrap_or(1).max(1).to_string(),
        Shape::Boolean => "true".to_owned(),
        Shape::Timestamp { .. } => "new Date()".to_owned(),
    })
}

/// A text that shows what a member of that name holds.
fn text(name: &str) -> &'static str {
    let ends = |end: &str| name.to_ascii_lowercase().ends_with(end);
    match name {
        "SourceArn" => "arn:aws:chime::111122223333:meeting:0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c",
        "SinkArn" => "arn:aws:s3:::amzn-s3-demo-bucket/recordings",
        "MediaRegion" => "us-east-1",
        _ if ends("arn") => "arn:aws:chime:us-east-1:111122223333:media-pipeline/0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c",
        _ if ends("externaluserid") || ends("externalmeetingid") => "my-own-id",
        _ if ends("id") || ends("ids") || ends("identifier") => "0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c",
        _ if ends("url") => "rtmps://media.example/live",
        _ => "name",
    }
}
