"use strict";

/** A call that was not made yet: an operation and its input. */
class Command {
  constructor(input) {
    this.input = input ?? {};
  }
}

module.exports = { Command };
