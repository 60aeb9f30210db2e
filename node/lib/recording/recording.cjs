"use strict";
// `chimeline/recording`: recordings from start to finish, by calls without state.
const path = process.getBuiltinModule("node:path");
const { Clients, MEETINGS, PIPELINES, drive, evaluated, watch } = require("./drive.cjs");
const { Recording } = require("./guard.cjs");
const { logged } = require("./logging.cjs");

/** The options of a function apart: those of the flow, by the flow's names, and those that say through which clients. */
function split(options, names, title, through = ["client", "abortSignal"]) {
  const { client, meetings, s3, abortSignal, ...rest } = options ?? {};
  const unknown = Object.keys(rest).filter((name) => !Object.hasOwn(names, name));
  if (unknown.length > 0) throw new TypeError(`${title} has no option ${unknown.join(", ")}; it takes ${[...Object.keys(names), ...through].join(", ")}`);
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

/** The policies that recordings need, as data; nothing is asked for. */
function policies(bucket, options = {}) {
  const names = { account: "account", purpose: "purpose", legacy: "legacy", region: "region", topic: "topic", queue: "queue" };
  const [{ legacy, ...given }] = split(options, names, "policies", []);
  return evaluated("policies", { bucket, ...given, service: legacy ? "chime" : PIPELINES });
}

const LOOK = { meeting: "meeting", concatenateTo: "concatenate_to", mediaRegion: "media_region", endpoints: "endpoints" };

/** Looks whether a meeting can be recorded to a place; every request is a read. */
async function preflight(sink, options) {
  const [given, through] = split(options, LOOK, "preflight");
  const clients = new Clients(through);
  return drive("preflight", { ...given, sink, endpoints: endpointsOf(given.endpoints), region: await clients.region() }, clients);
}

const REAP = { journal: "journal", tags: "tags", olderThan: "older_than", dryRun: "dry_run", retry: "retry", endpoints: "endpoints" };

/** Stops what killed processes left: by their journal, or by tags and age. */
async function reap(options) {
  const [given, through] = split(options, REAP, "reap");
  const clients = new Clients(through);
  const endpoints = endpointsOf(given.endpoints);
  endpoints.sts ??= await clients.standIn();
  const journal = given.journal == null ? undefined : pathOf(given.journal);
  const found = await drive("reap", { retry: 60, ...given, journal, endpoints, region: await clients.region(), now: Date.now() / 1000 }, clients);
  const log = logged(clients.pipelines);
  for (const { MediaPipelineId, MeetingId, Reason } of found.Left) log(`${MediaPipelineId ?? `the recording of ${MeetingId}`} may still record: ${Reason}`);
  if (found.Damage !== undefined) log(`the journal ${journal} was read up to its damage, and is left as it is: ${found.Damage}`);
  return found;
}

/** The URLs in place of AWS's own: those given, else those of the variables that the SDKs read. */
function endpointsOf(given = {}) {
  const names = ["s3", "sts", "iam"];
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new TypeError(`endpoints must be URLs of ${names.join(", ")}, not of ${unknown.join(", ")}`);
  const found = names.map((name) => [name, given[name] ?? process.env[`AWS_ENDPOINT_URL_${name.toUpperCase()}`]]);
  return Object.fromEntries(found.filter(([, url]) => url));
}

const GUARD = { ...START, concatenateTo: "concatenate_to", maxDuration: "max_duration", journal: "journal", signals: "signals" };

/** Guards a recording: with a function it runs while that does, else until it is disposed of. */
async function record(...args) {
  const body = typeof args.at(-1) === "function" ? args.pop() : undefined;
  const [meeting, sink, options] = typeof args[1] === "string" ? args : [args[0]?.meeting, args[0]?.sink, without(args[0], ["meeting", "sink"])];
  const [given, through] = split(options, GUARD, "record");
  if (given.journal != null) given.journal = pathOf(given.journal);
  const recording = new Recording(new Clients(through), { ...given, meeting, sink });
  await recording.begin();
  return body === undefined ? recording : recording.around(body);
}

function without(options, names) {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([name]) => !names.includes(name)));
}

function pathOf(given) {
  const file = given instanceof URL ? process.getBuiltinModule("node:url").fileURLToPath(given) : given;
  if (typeof file !== "string" || file === "") throw new TypeError(`journal must be the path of a file, not ${typeof file === "string" ? "an empty text" : typeof file}`);
  return path.resolve(file);
}

module.exports = {
  artifacts,
  concatenate,
  ensureMeeting,
  follow,
  parseEvent,
  parseEvents,
  people,
  policies,
  preflight,
  reap,
  record,
  resolveEvent,
  startRecording,
  stopRecording,
};
