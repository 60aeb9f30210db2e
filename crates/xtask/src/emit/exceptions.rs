//! The errors that services return, merged by name: services share them.

use std::collections::BTreeMap;

use crate::model::Shape;
use crate::services::Service;

/// An error of the models: its status, its text, its services, and its members with their shapes.
pub struct Exception<'a> {
    status: u16,
    /// Whether the model says that it is the server's fault.
    server: bool,
    text: &'a str,
    services: Vec<&'a str>,
    pub members: Vec<(String, String, &'a Service)>,
}

impl Exception<'_> {
    /// Whose fault it is, in the words of Smithy.
    pub fn fault(&self) -> &'static str {
        if self.server { "server" } else { "client" }
    }

    /// Its documentation.
    pub fn doc(&self) -> String {
        format!("{}\n\nHTTP status {}; sent by {}.", self.text, self.status, self.services.join(", "))
    }
}

/// The errors of all services, by name.
pub fn exceptions(services: &[Service]) -> BTreeMap<&str, Exception<'_>> {
    let mut out: BTreeMap<&str, Exception<'_>> = BTreeMap::new();
    for service in services {
        for (name, status) in service.model.errors() {
            let server = matches!(service.model.shapes.get(name), Some(Shape::Structure { fault: true, .. }));
            let text = service.docs.errors.get(name).map_or("", String::as_str);
            let entry = out.entry(name).or_insert(Exception {
                status,
                server,
                text,
                services: Vec::new(),
                members: Vec::new(),
            });
            entry.services.push(service.names.name);
            for (member, shape) in service.model.members(name).unwrap_or_default() {
                if entry.members.iter().all(|(known, ..)| *known != member) {
                    entry.members.push((member, shape.shape, service));
                }
            }
        }
    }
    out
}
