"use strict";
// What tests ask of the local service besides the operations: methods over `control`, a request of its control API.
const inPath = encodeURIComponent;

class ControlMethods {
  /**
   * A request of the control API.
   * @param {string} _method
   * @param {string} _target
   * @param {unknown} [_body]
   * @returns {any}
   */
  control(_method, _target, _body) {
    throw new Error("a subclass sends it");
  }

  health() {
    return this.control("GET", "/health");
  }

  openapi() {
    return this.control("GET", "/openapi.json");
  }

  reset() {
    this.control("POST", "/reset");
  }

  clock() {
    return new Date(this.control("GET", "/clock").time);
  }

  freeze() {
    this.control("POST", "/clock/freeze");
  }

  resume() {
    this.control("POST", "/clock/resume");
  }

  setClock(time) {
    this.control("POST", "/clock/set", { time: time.toISOString() });
  }

  requests(filters = {}) {
    return this.control("GET", `/requests?${new URLSearchParams(filters)}`).requests;
  }

  clearRequests() {
    this.control("DELETE", "/requests");
  }

  addFault(rule) {
    return this.control("POST", "/faults", rule);
  }

  addFaults(rules) {
    return this.control("POST", "/faults", rules).faults;
  }

  faults() {
    return this.control("GET", "/faults").faults;
  }

  removeFault(id) {
    this.control("DELETE", `/faults/${inPath(id)}`);
  }

  clearFaults() {
    this.control("DELETE", "/faults");
  }

  refusals() {
    return this.control("GET", "/faults/catalogue").refusals;
  }

  meetings() {
    return this.control("GET", "/meetings").meetings;
  }

  join(meetingId, attendee) {
    return this.control("POST", `/meetings/${inPath(meetingId)}/join`, { attendee }).attendees;
  }

  leave(meetingId, attendee, { dropped = false } = {}) {
    return this.control("POST", `/meetings/${inPath(meetingId)}/leave`, { attendee, dropped }).attendees;
  }

  endMeeting(meetingId) {
    this.control("POST", `/meetings/${inPath(meetingId)}/end`);
  }

  forceState(pipelineId, status, reason) {
    this.control("POST", `/pipelines/${inPath(pipelineId)}/state`, { status, reason });
  }

  events() {
    return this.control("GET", "/events").events;
  }

  flushArtifacts({ timeoutSeconds = 10 } = {}) {
    return this.control("POST", "/artifacts/flush", { timeout: timeoutSeconds });
  }

  exportState() {
    return this.control("GET", "/state");
  }

  importState(state) {
    this.control("PUT", "/state", state);
  }

  seedState(state) {
    return this.control("POST", "/state/seed", state).seeded;
  }
}

module.exports = { ControlMethods };
