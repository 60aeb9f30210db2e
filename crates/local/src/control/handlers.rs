//! What the paths of the control API do.

#![expect(clippy::unnecessary_wraps, reason = "the table of routes has one form of function")]

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::backend::{Backend, Filter};
use crate::control::{Arguments, Outcome};
use crate::engine::{Clock, ClockChange, Engine, Step};
use crate::faults::Faults;
use crate::request::ServiceError;
use crate::time;

const NOTHING: Value = Value::Null;

pub(super) fn health(backend: &Backend, _: &Arguments<'_>) -> Outcome {
    let now = backend.now();
    let health = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "time": time::text(now),
        "clock": time::text(backend.engine().clock.now(now)),
    });
    Ok((200, health))
}

pub(super) fn reset(backend: &Backend, _: &Arguments<'_>) -> Outcome {
    backend.with_engine(Engine::reset)?;
    backend.faults.clear();
    backend.log.clear();
    backend.events.clear();
    Ok((204, NOTHING))
}

pub(super) fn clock(backend: &Backend, _: &Arguments<'_>) -> Outcome {
    let clock = backend.engine().clock;
    Ok((200, describe_clock(clock, backend.now())))
}

pub(super) fn advance(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    let value = arguments.member("seconds").unwrap_or(&Value::Null);
    let by = value.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let by = by.ok_or_else(|| invalid("seconds", value, "a number of seconds >= 0"))?;
    change_clock(backend, ClockChange::Advance(by))
}

pub(super) fn set_clock(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    let value = arguments.member("time").unwrap_or(&Value::Null);
    let time = value.as_str().and_then(time::parse);
    let time = time.ok_or_else(|| invalid("time", value, "a time such as 2024-02-29T12:34:56Z"))?;
    change_clock(backend, ClockChange::Set(time))
}

pub(super) fn freeze(backend: &Backend, _: &Arguments<'_>) -> Outcome {
    change_clock(backend, ClockChange::Freeze)
}

pub(super) fn resume(backend: &Backend, _: &Arguments<'_>) -> Outcome {
    change_clock(backend, ClockChange::Resume)
}

fn change_clock(backend: &Backend, change: ClockChange) -> Outcome {
    let clock = backend.with_engine(|engine, now| engine.change_clock(change, now).map(|()| engine.clock))?;
    Ok((200, describe_clock(clock, backend.now())))
}

fn describe_clock(clock: Clock, real: SystemTime) -> Value {
    json!({"time": time::text(clock.now(real)), "frozen": clock.is_frozen()})
}

/// How much of each an overview has.
const OVERVIEW: usize = 50;

pub(super) fn overview(backend: &Backend, _: &Arguments<'_>) -> Outcome {
    let (clock, frozen, meetings, pipelines) = backend.with_engine(|engine, now| {
        engine.settle(now);
        (engine.clock.now(now), engine.clock.is_frozen(), engine.meetings(), engine.pipelines(OVERVIEW))
    });
    let services = chimeline_core::schema::generated::SERVICES.iter();
    let mut operations: Vec<&str> =
        services.flat_map(|service| service.operations).map(|operation| operation.name).collect();
    operations.sort_unstable();
    operations.dedup();
    let filter = Filter { limit: Some(OVERVIEW), ..Filter::default() };
    // To the second: whoever watches gets each overview that differs.
    let clock = time::text(clock - Duration::from_nanos(u64::from(nanos_of(clock))));
    Ok((
        200,
        json!({
            "clock": clock, "frozen": frozen, "meetings": meetings, "pipelines": pipelines, "faults": backend.faults.list(),
            "requests": backend.log.list(&filter), "operations": operations,
        }),
    ))
}

fn nanos_of(time: SystemTime) -> u32 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos())
}

pub(super) fn requests(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    let filter = Filter {
        service: arguments.query("service").map(str::to_owned),
        operation: arguments.query("operation").map(str::to_owned),
        status: arguments.query_number("status")?,
        limit: arguments.query_number("limit")?,
    };
    Ok((200, json!({"requests": backend.log.list(&filter)})))
}

pub(super) fn clear_requests(backend: &Backend, _: &Arguments<'_>) -> Outcome {
    backend.log.clear();
    Ok((204, NOTHING))
}

pub(super) fn faults(backend: &Backend, _: &Arguments<'_>) -> Outcome {
    Ok((200, json!({"faults": backend.faults.list()})))
}

pub(super) fn add_faults(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    match arguments.body {
        Value::Array(rules) => match backend.faults.add_all(rules) {
            Ok(added) => Ok((201, json!({"faults": added}))),
            Err((at, why)) => Err(ServiceError::bad(format!("fault {}: {why}", at + 1))),
        },
        rule => Ok((201, backend.faults.add(rule).map_err(ServiceError::bad)?)),
    }
}

pub(super) fn clear_faults(backend: &Backend, _: &Arguments<'_>) -> Outcome {
    backend.faults.clear();
    Ok((204, NOTHING))
}

pub(super) fn catalogue(_: &Backend, _: &Arguments<'_>) -> Outcome {
    Ok((200, json!({"refusals": Faults::catalogue()})))
}

pub(super) fn remove_fault(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    let id = arguments.label("fault_id");
    if backend.faults.remove(id) { Ok((204, NOTHING)) } else { Err(ServiceError::not_found("Fault", id)) }
}

pub(super) fn export(backend: &Backend, _: &Arguments<'_>) -> Outcome {
    let state = backend.with_engine(|engine, now| {
        engine.settle(now);
        engine.export()
    });
    Ok((200, state))
}

pub(super) fn import(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    let state = Value::Object(arguments.body());
    backend.with_engine(|engine, now| engine.import(&state, now))?;
    Ok((204, NOTHING))
}

pub(super) fn seed(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    let state = Value::Object(arguments.body());
    let seeded =
        backend.with_engine(
            |engine, now| {
                if engine.is_empty() { engine.import(&state, now).map(|()| true) } else { Ok(false) }
            },
        )?;
    Ok((200, json!({"seeded": seeded})))
}

pub(super) fn meetings(backend: &Backend, _: &Arguments<'_>) -> Outcome {
    let meetings = backend.with_engine(|engine, now| {
        engine.settle(now);
        engine.meetings()
    });
    Ok((200, json!({"meetings": meetings})))
}

pub(super) fn join(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    attend(backend, arguments, Step::Join)
}

pub(super) fn leave(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    let dropped = arguments.boolean("dropped")?.unwrap_or_default();
    attend(backend, arguments, if dropped { Step::Drop } else { Step::Leave })
}

fn attend(backend: &Backend, arguments: &Arguments<'_>, step: Step) -> Outcome {
    let (meeting, attendee) = (arguments.label("meeting_id"), arguments.text("attendee")?);
    let count = backend.with_engine(|engine, now| engine.attend(meeting, attendee, step, now))?;
    Ok((200, json!({"attendees": count})))
}

pub(super) fn end_meeting(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    backend.with_engine(|engine, now| engine.end_meeting(arguments.label("meeting_id"), now))?;
    Ok((204, NOTHING))
}

pub(super) fn force(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    let status = arguments.text("status")?.ok_or_else(|| ServiceError::bad("status is missing"))?;
    let reason = arguments.text("reason")?;
    backend.with_engine(|engine, now| engine.force(arguments.label("pipeline_id"), status, reason, now))?;
    Ok((204, NOTHING))
}

pub(super) fn events(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    let from = arguments.query_number("from")?.unwrap_or_default();
    let wait = match arguments.query("wait") {
        None => Duration::ZERO,
        Some(text) => {
            let seconds = text.parse().ok().filter(|seconds| (0.0..=20.0).contains(seconds));
            let seconds = seconds
                .ok_or_else(|| ServiceError::bad(format!("invalid wait: {text:?} (expected 0 to 20 seconds)")))?;
            Duration::from_secs_f64(seconds)
        }
    };
    backend.tick();
    Ok((200, backend.events.since(from, wait)))
}

pub(super) fn flush_artifacts(backend: &Backend, arguments: &Arguments<'_>) -> Outcome {
    let value = arguments.member("timeout").cloned().unwrap_or_else(|| json!(10));
    let timeout = value.as_f64().filter(|seconds| (0.0..=600.0).contains(seconds)).map(Duration::from_secs_f64);
    let timeout = timeout.ok_or_else(|| invalid("timeout", &value, "a number of seconds from 0 to 600"))?;
    backend.tick();
    let artifacts = backend.artifacts.as_ref().ok_or_else(|| ServiceError::bad("the service writes no artifacts"))?;
    let written = artifacts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).written();
    Ok((200, written.wait(timeout)))
}

fn invalid(name: &str, value: &Value, expected: &str) -> ServiceError {
    ServiceError::bad(format!("invalid {name}: {value} (expected {expected})"))
}
