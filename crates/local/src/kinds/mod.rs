//! The kinds of resources as data: how each is named, which states it passes through, what part it plays.

pub(crate) mod chime;
pub(crate) mod media_pipelines;
pub(crate) mod meetings;

/// A kind of resource.
#[derive(Debug)]
pub(crate) struct ResourceKind {
    /// The name that no other kind has, such as `chime-sdk-meetings.Meeting`.
    pub(crate) name: &'static str,
    /// The member of responses that holds one, such as `MediaCapturePipeline`.
    pub(crate) member: &'static str,
    /// What messages call one.
    pub(crate) noun: &'static str,
    /// What rules apply to it.
    pub(crate) role: Role,
    /// The member with its id.
    pub(crate) id_member: &'static str,
    /// The member with its ARN and the resource type in it, for a resource that has an ARN.
    pub(crate) arn: Option<(&'static str, &'static str)>,
    /// The member with the name that the caller gives and that must be unique.
    pub(crate) unique_name: Option<&'static str>,
    /// The states, for a resource that has any.
    pub(crate) lifecycle: Option<Lifecycle>,
    /// The error for a name that is taken.
    pub(crate) name_taken_error: &'static str,
}

/// The part that a kind of resource plays: the rules of creation and of the end depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Meeting,
    Attendee,
    Capture,
    Concatenation,
    LiveConnector,
    Stream,
    Insights,
    InsightsConfiguration,
    StreamPool,
    InsightsTask,
}

impl Role {
    /// Whether it counts for the quota of active pipelines.
    pub(crate) fn is_pipeline(self) -> bool {
        matches!(self, Role::Capture | Role::Concatenation | Role::LiveConnector | Role::Stream | Role::Insights)
    }

    /// Whether it takes part in a meeting as an attendee.
    pub(crate) fn joins_meeting(self) -> bool {
        matches!(self, Role::Capture | Role::LiveConnector | Role::Stream)
    }
}

impl ResourceKind {
    /// Whether it is that kind: each is one static.
    pub(crate) fn is(&'static self, other: &'static ResourceKind) -> bool {
        std::ptr::eq(self, other)
    }

    /// The kind of that name.
    pub(crate) fn by_name(name: &str) -> Option<&'static ResourceKind> {
        let all = [chime::KINDS, media_pipelines::KINDS, meetings::KINDS];
        all.into_iter().flatten().copied().find(|kind| kind.name == name)
    }

    /// The state of that name, for a kind that can be in it.
    pub(crate) fn state(&self, name: &str) -> Option<&'static str> {
        let lifecycle = self.lifecycle.as_ref()?;
        let states = [lifecycle.start, lifecycle.stop, lifecycle.others];
        states.into_iter().flatten().copied().find(|state| *state == name)
    }
}

/// The states of a kind of resource. Each follows the one before it after the transition delay; the last of a row stays.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    /// The member with the state.
    pub(crate) member: &'static str,
    /// From its creation.
    pub(crate) start: &'static [&'static str],
    /// From its deletion, or from the end of what it depends on.
    pub(crate) stop: &'static [&'static str],
    /// States that an operation or a test puts it in.
    pub(crate) others: &'static [&'static str],
    /// Whether it is removed after the last state of `stop`.
    pub(crate) removed: bool,
}

/// The states of most pipelines.
pub(crate) const PIPELINE: Lifecycle = Lifecycle {
    member: "Status",
    start: &["Initializing", "InProgress"],
    stop: &["Stopping", "Stopped"],
    others: &["Paused", "Failed", "NotStarted"],
    removed: true,
};

/// Whether a resource in this state still does its work.
pub(crate) fn is_active(state: &str) -> bool {
    !matches!(state, "Stopping" | "Stopped" | "Failed" | "DELETING" | "FAILED")
}
