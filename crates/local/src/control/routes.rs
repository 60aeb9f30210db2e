//! The control API as a table, which routes requests and describes itself.

use crate::control::route::{Parameter, Route, parameter, route};
use crate::control::{handlers, openapi};

const ATTENDEE: Parameter = parameter(
    "attendee",
    "string",
    "An attendee id or external user id; without it all attendees but those of pipelines.",
);

pub(crate) static ROUTES: &[Route] = &[
    route("health", "GET", "/health", "Whether the service runs, its version and times.", handlers::health),
    route("describe", "GET", "/openapi.json", "This description.", |_, _| Ok((200, openapi::document(ROUTES)))),
    route(
        "reset",
        "POST",
        "/reset",
        "Forgets all resources, faults, requests and events, and sets the clock right.",
        handlers::reset,
    ),
    route("clock", "GET", "/clock", "The time that resources see.", handlers::clock),
    Route {
        body: &[parameter("seconds", "number", "By how much, >= 0.")],
        ..route("advance", "POST", "/clock/advance", "Moves the clock ahead.", handlers::advance)
    },
    Route {
        body: &[parameter("time", "string", "Such as 2024-02-29T12:34:56Z.")],
        ..route("set-clock", "POST", "/clock/set", "Sets the clock.", handlers::set_clock)
    },
    route("freeze", "POST", "/clock/freeze", "Stops the clock: it moves only by advance and set.", handlers::freeze),
    route("resume", "POST", "/clock/resume", "Lets a frozen clock run on.", handlers::resume),
    Route {
        query: &[
            parameter("service", "string", "Only requests to this service."),
            parameter("operation", "string", "Only requests of this operation."),
            parameter("status", "integer", "Only responses with this status."),
            parameter("limit", "integer", "At most so many."),
        ],
        ..route(
            "requests",
            "GET",
            "/requests",
            "The recorded requests, newest first; secrets are masked.",
            handlers::requests,
        )
    },
    route("clear-requests", "DELETE", "/requests", "Forgets the recorded requests.", handlers::clear_requests),
    route("faults", "GET", "/faults", "The rules of faults, and how often each struck.", handlers::faults),
    Route {
        is_free_form: true,
        ..route("add-fault", "POST", "/faults", "Adds a rule, or a list of rules.", handlers::add_faults)
    },
    route("clear-faults", "DELETE", "/faults", "Removes all rules.", handlers::clear_faults),
    route("refusals", "GET", "/faults/catalogue", "The refusals that rules name.", handlers::catalogue),
    route("remove-fault", "DELETE", "/faults/{fault_id}", "Removes a rule.", handlers::remove_fault),
    route("export", "GET", "/state", "The whole state, as PUT takes it.", handlers::export),
    Route { is_free_form: true, ..route("import", "PUT", "/state", "Replaces the whole state.", handlers::import) },
    Route {
        is_free_form: true,
        ..route("seed", "POST", "/state/seed", "Replaces the state, unless there is one already.", handlers::seed)
    },
    route("overview", "GET", "/overview", "What the page at / shows.", handlers::overview),
    route("meetings", "GET", "/meetings", "The meetings, their attendees, and who is connected.", handlers::meetings),
    Route {
        body: &[ATTENDEE],
        ..route("join", "POST", "/meetings/{meeting_id}/join", "Lets attendees join a meeting.", handlers::join)
    },
    Route {
        body: &[ATTENDEE, parameter("dropped", "boolean", "Whether the connection is lost.")],
        ..route("leave", "POST", "/meetings/{meeting_id}/leave", "Lets attendees leave a meeting.", handlers::leave)
    },
    route(
        "end-meeting",
        "POST",
        "/meetings/{meeting_id}/end",
        "Ends a meeting as if by itself.",
        handlers::end_meeting,
    ),
    Route {
        body: &[
            parameter("status", "string", "Such as Failed or Paused."),
            parameter("reason", "string", "Why it failed; kept in the state."),
        ],
        ..route(
            "force-state",
            "POST",
            "/pipelines/{pipeline_id}/state",
            "Puts a pipeline or pool into a state.",
            handlers::force,
        )
    },
    Route {
        body: &[parameter("timeout", "number", "How many seconds to wait at most; 10 unless given.")],
        ..route(
            "flush-artifacts",
            "POST",
            "/artifacts/flush",
            "Waits until the artifacts that are due are written; tells how many were and were not.",
            handlers::flush_artifacts,
        )
    },
    Route {
        query: &[
            parameter("from", "integer", "Only events from this number on."),
            parameter("wait", "number", "How many seconds to wait for one, at most 20."),
        ],
        ..route("events", "GET", "/events", "The events of late, and the number of the next.", handlers::events)
    },
];
