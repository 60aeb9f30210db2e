//! The services of the client: what they are called in each language, and what their models and docs files hold.

use crate::docs::{Docs, Shared};
use crate::examples::{self, Examples};
use crate::model::{Location, Member, Model, Shape};
use crate::paths::{Result, model_folder, read_json};
use crate::waiters::{self, Waiters};

/// One service of the client.
pub struct ServiceName {
    /// botocore's name, which is Python's.
    pub name: &'static str,
    /// The class in Python and JavaScript.
    pub class: &'static str,
    /// The module in Rust, Python and JavaScript.
    pub module: &'static str,
    /// The operations taken from the model; empty for all of them.
    pub only: &'static [&'static str],
}

pub const SERVICES: &[ServiceName] = &[
    ServiceName {
        name: "chime",
        class: "Chime",
        module: "chime",
        only: &[
            "CreateMediaCapturePipeline",
            "DeleteMediaCapturePipeline",
            "GetMediaCapturePipeline",
            "ListMediaCapturePipelines",
        ],
    },
    ServiceName {
        name: "chime-sdk-media-pipelines",
        class: "ChimeSDKMediaPipelines",
        module: "media_pipelines",
        only: &[],
    },
    ServiceName { name: "chime-sdk-meetings", class: "ChimeSDKMeetings", module: "meetings", only: &[] },
];

/// The service of that name.
pub fn find(name: &str) -> Result<&'static ServiceName> {
    SERVICES.iter().find(|s| s.name == name).ok_or_else(|| format!("no service {name:?} in services.rs"))
}

/// The JavaScript subpath, as in `chimeline/client-chime`.
pub fn subpath(service: &ServiceName) -> String {
    format!("client-{}", service.name)
}

/// A service with its names, facts and documentation.
pub struct Service {
    pub names: &'static ServiceName,
    pub model: Model,
    pub docs: Docs,
    pub waiters: Waiters,
    pub examples: Examples,
}

/// All services, checked: references resolve, the protocol is the one we speak, and every name has its documentation.
pub fn load() -> Result<Vec<Service>> {
    let shared = Shared::load(&model_folder().join("docs.toml"))?;
    let services = SERVICES.iter().map(|names| load_one(names, &shared)).collect::<Result<Vec<Service>>>()?;
    shared.check_used(&services.iter().map(|service| &service.docs).collect::<Vec<_>>())?;
    Ok(services)
}

fn load_one(names: &'static ServiceName, shared: &Shared) -> Result<Service> {
    let folder = model_folder().join(names.name);
    let file = folder.join("model.json");
    let model: Model = read_json(&file)?;
    if model.metadata.protocol != "rest-json" || model.metadata.signature_version != "v4" {
        return Err(format!("{}: only rest-json signed with SigV4 is known", names.name));
    }
    let mut used: Vec<String> = Vec::new();
    for name in model.shapes.keys() {
        let members = model.members(name)?;
        check_members(&model, name, &members)?;
        used.extend(members.into_iter().map(|(_, m)| m.shape));
    }
    for operation in model.operations.values() {
        let references = operation.input.iter().chain(&operation.output).chain(&operation.errors);
        used.extend(references.map(|r| r.shape.clone()));
        model.paging(operation)?;
    }
    for name in used {
        model.shape(&name)?;
    }
    let docs = Docs::load(&folder.join("docs.toml"), shared, &model)?;
    let waiters = waiters::load(&folder.join("waiters-2.json"), &model)?;
    let examples = examples::load(&folder.join("examples.json"), &model)?;
    Ok(Service { names, model, docs, waiters, examples })
}

/// What the engine takes for granted of a structure's members.
fn check_members(model: &Model, structure: &str, members: &[(String, Member)]) -> Result<()> {
    // The encoder keeps the set of the members that are present in the bits of a word.
    if members.len() > 64 {
        return Err(format!("{structure}: more than 64 members"));
    }
    let is_error = matches!(model.shape(structure)?, Shape::Structure { exception: true, .. });
    for (name, member) in members {
        match member.location {
            Some(Location::Uri | Location::Querystring) => {
                if !matches!(model.shape(&member.shape)?, Shape::String { .. } | Shape::Integer { .. }) {
                    return Err(format!("{structure}.{name}: only strings and whole numbers go into a path or query"));
                }
            }
            Some(Location::Header) if !is_error => {
                return Err(format!("{structure}.{name}: only members of errors stand in headers"));
            }
            Some(Location::Header) | None => {}
        }
    }
    Ok(())
}
