"use strict";
// Numbers that a user gives. Those that are refused are named as the user knows them, with their value and their unit.
const { InvalidConfigError } = require("../../generated/errors.cjs");

/** What stands for no limit where there is one by default: longer than any call takes. */
const NO_LIMIT = 365 * 86_400_000;
/** The greatest count that the native module takes; it stands for Infinity. */
const MAX_COUNT = 2 ** 32 - 1;
/** Shorter than any call, and not yet nothing once it is rounded. */
const SHORTEST = 0.001;

/** A limit in milliseconds; Infinity, and 0 where `zero` says so, is no limit. */
function milliseconds(name, value, { zero = false } = {}) {
  if (value == null) return undefined;
  if (!(value > 0 || (zero && value === 0))) {
    throw new InvalidConfigError(`${name} is ${value}, which must be a ${zero ? "number of milliseconds from 0 up; 0 and Infinity are no limit" : "positive number of milliseconds; Infinity is no limit"}`);
  }
  return value === 0 ? NO_LIMIT : Math.min(Math.max(value, SHORTEST), NO_LIMIT);
}

/** A count; Infinity is as many as can be. */
function count(name, value, min, max = MAX_COUNT) {
  if (value == null) return undefined;
  if (value === Infinity) return max;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new InvalidConfigError(`${name} is ${value}, which must be an integer from ${min} to ${max}, or Infinity`);
  }
  return value;
}

/** Attempts in all; 0 is one attempt, as in the AWS SDK. */
function attempts(name, value) {
  const given = count(name, value, 0);
  return given === 0 ? 1 : given;
}

module.exports = { attempts, count, milliseconds };
