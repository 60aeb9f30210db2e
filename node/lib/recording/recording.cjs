"use strict";
// `chimeline/recording`: recordings from start to finish, by calls without state.
const { Clients, MEETINGS, PIPELINES, drive, evaluated, watch } = require("./drive.cjs");

/** The options of a function apart: those of the flow, by the flow's names, and those that say through which clients. */
function split(options, names, title) {
  const { client, meetings, s3, abortSignal, ...rest } = options ?? {};
  const unknown = Object.keys(rest).filter((name) => !Object.hasOwn(names, name));
  if (unknown.length > 0) throw new TypeError(`${title} has no option ${unknown.join(", ")}; it takes ${[...Object.keys(names), "client", "abortSignal"].join(", ")}`);
  const given = Object.fromEntries(Object.entries(rest).map(([name, value]) => [names[name], value]));
  return [given, { client, meetings, s3, abortSignal }];
}

function flow(name, leading, names, service = PIPELINES) {
  const title = name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
  const run = async (...args) => {
    const [given, through] = split(args[leading.length], names, title);
    const named = Object.fromEntries(leading.map((argument, at) => [argument, args[at]]));
    return drive(name, { ...given, ...named }, new Clients(through, service));
  };
  Object.defineProperty(run, "name", { value: title });
  return run;
}

const JOINING = { concatenateTo: "concatenate_to", concatenationArtifacts: "concatenation_artifacts", concatenationTags: "concatenation_tags" };
const START = { artifacts: "artifacts", streams: "streams", tags: "tags", purpose: "purpose", request: "request" };

const ensureMeeting = flow("ensure_meeting", ["name", "media_region"], { attendees: "attendees", tags: "tags", request: "request" }, MEETINGS);
const people = flow("people", ["meeting"], {}, MEETINGS);
const startRecording = flow("start_recording", ["meeting", "sink"], START);
const stop = flow("stop_recording", ["target"], { ...JOINING, wait: "wait", retry: "retry" });
const concatenate = flow("concatenate", ["capture", "destination"], { artifacts: "concatenation_artifacts", tags: "concatenation_tags" });
const artifacts = flow("artifacts", ["pipeline"], { sink: "sink", listed: "list", presign: "presign" });
const resolve = flow("resolve_event", ["event"], {});

function stopRecording(target, options) {
  return stop(target, { retry: 60, ...options });
}
async function resolveEvent(event, options) {
  return eventOf(await resolve(event, options));
}

function parseEvent(event) {
  return eventOf(evaluated("parse_event", { event }));
}

function parseEvents(event) {
  return evaluated("parse_events", { event }).map(eventOf);
}

function eventOf({ timestamp, time, ...event }) {
  const at = timestamp ?? time;
  const members = Object.entries(event).filter(([, value]) => value !== null && value !== undefined);
  return { ...Object.fromEntries(members), time: at == null ? undefined : new Date(at) };
}

/** The states of a pipeline as they come. */
async function* follow(pipeline, { delay = 2, events, ...through } = {}) {
  const [, clients] = split(through, {}, "follow");
  yield* watch("follow", { pipeline, delay }, new Clients(clients), events);
}

module.exports = { artifacts, concatenate, ensureMeeting, follow, parseEvent, parseEvents, people, resolveEvent, startRecording, stopRecording };
