"use strict";
// How many calls begin in a second.

/** A timer that is late by so many milliseconds is caught up with; after a longer pause calls do not come all at once. */
const CAUGHT_UP = 50;

class Pace {
  #interval;
  #next = performance.now();

  constructor(rate) {
    this.#interval = rate === undefined ? 0 : 1000 / rate;
  }

  /** The milliseconds until the next call may begin; 0 where it may now. */
  dueIn() {
    return this.#interval === 0 ? 0 : Math.max(0, this.#next - performance.now());
  }

  /** Notes that a call begins. */
  begin() {
    this.#next = Math.max(this.#next, performance.now() - CAUGHT_UP) + this.#interval;
  }
}

module.exports = { Pace };
