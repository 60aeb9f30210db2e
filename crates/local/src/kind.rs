//! The kinds of resources, as data: how each is named, and which states it passes through.

use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::store::Space;
use crate::work::Work;

/// A kind of resource.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The member of responses that holds one, such as `MediaCapturePipeline`.
    pub(crate) member: &'static str,
    /// What messages call one.
    pub(crate) noun: &'static str,
    /// The member with its id.
    pub(crate) id: &'static str,
    /// The member with its ARN and what stands before the id in it, for a resource that has one.
    pub(crate) arn: Option<(&'static str, &'static str)>,
    /// The member with the name that the caller gives and that no other may have.
    pub(crate) name: Option<&'static str>,
    /// The states, for a resource that has any.
    pub(crate) course: Option<Course>,
    /// Whether it counts for the quota of active pipelines.
    pub(crate) is_pipeline: bool,
    /// The error for a name that is taken.
    pub(crate) taken: &'static str,
    /// What the service does before it makes one: it checks what the schema cannot say, and adds what the caller did not.
    pub(crate) prepare: Prepare,
}

impl Kind {
    /// Whether it is that kind: each is one static.
    pub(crate) fn is(&'static self, other: &'static Kind) -> bool {
        std::ptr::eq(self, other)
    }
}

/// See [`Kind::prepare`].
pub(crate) type Prepare = fn(&Space, &Work<'_>, &mut Draft) -> Result<(), Refusal>;

/// A resource about to be made.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// Its members, by the names of users.
    pub(crate) members: Map<String, Value>,
    /// The resource that it is part of, and goes with.
    pub(crate) parent: Option<u64>,
    /// The resource that must have ended before this one begins.
    pub(crate) after: Option<u64>,
    /// The resource that is already what the caller asks for.
    pub(crate) existing: Option<u64>,
}

/// The states of a kind of resource: each follows the one before it after the service's pace, and the last of each row stays.
#[derive(Debug)]
pub(crate) struct Course {
    /// The member with the state.
    pub(crate) member: &'static str,
    /// From its creation.
    pub(crate) start: &'static [&'static str],
    /// From its deletion, or from the end of what it depends on.
    pub(crate) stop: &'static [&'static str],
    /// Whether it is gone after the last state of `stop`.
    pub(crate) vanishes: bool,
}

/// The states of most pipelines.
pub(crate) const PIPELINE: Course =
    Course { member: "Status", start: &["Initializing", "InProgress"], stop: &["Stopping", "Stopped"], vanishes: true };

/// Whether a resource in this state still does its work.
pub(crate) fn is_active(state: &str) -> bool {
    !matches!(state, "Stopping" | "Stopped" | "Failed" | "DELETING" | "FAILED")
}
