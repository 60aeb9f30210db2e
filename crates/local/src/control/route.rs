//! What a path of the control API is.

use crate::backend::Backend;
use crate::control::{Arguments, Outcome};

/// A path of the control API.
pub(crate) struct Route {
    /// What the command line calls it.
    pub(crate) command: &'static str,
    pub(crate) method: &'static str,
    /// The path below the prefix, with `{labels}`.
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) query: &'static [Parameter],
    /// The members of the body.
    pub(crate) body: &'static [Parameter],
    /// Whether the body has a form of its own, which the handler checks.
    pub(crate) is_free_form: bool,
    pub(super) run: fn(&Backend, &Arguments<'_>) -> Outcome,
}

/// A query parameter, or a member of a body.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    /// Its JSON type.
    pub(crate) kind: &'static str,
    pub(super) description: &'static str,
}

pub(super) const fn parameter(name: &'static str, kind: &'static str, description: &'static str) -> Parameter {
    Parameter { name, kind, description }
}

pub(super) const fn route(
    command: &'static str,
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    run: fn(&Backend, &Arguments<'_>) -> Outcome,
) -> Route {
    Route { command, method, path, summary, query: &[], body: &[], is_free_form: false, run }
}
