//! Which services the client has, and what they are called in each language.

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
pub fn find(name: &str) -> crate::Result<&'static ServiceName> {
    SERVICES.iter().find(|s| s.name == name).ok_or_else(|| format!("no service {name:?} in services.rs"))
}

/// The JavaScript subpath, as in `chimeline/client-chime`.
pub fn subpath(service: &ServiceName) -> String {
    format!("client-{}", service.name)
}
