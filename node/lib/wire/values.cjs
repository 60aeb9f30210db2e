"use strict";
// Values across the boundary: where an input is checked and sent, and where an output is revived.
//
// What crosses is text. An input goes as JSON, or as tagged JSON where it holds what JSON cannot say; the tags are described in
// crates/node/src/input/read.rs, which also validates. An output comes back as JSON, with milliseconds for timestamps, and the
// generated plan of the operation says where those are. Text, since one call into the engine that walks a value in C++ costs less
// than a call for each of its members: at 128 calls at once 24,000 a second, against 14,500 with napi's objects.
//
// CPU time, Node 20, an input of 829 bytes and an output of 1,239: `plain` 4.4 us, of which JSON.stringify is 3.6; `tagged` 28 us;
// JSON.parse 5.4 us, `revive` 0.2. Hence `plain` is tried first, and `tagged` is only for what it refuses.
const native = require("./load_native.cjs");

/** No input of these services is deeper; what is, is circular or wrong. */
const DEPTH = 32;

/** The input as JSON, or nothing if JSON would change it. */
function plain(input) {
  return isPlain(input, 0) ? JSON.stringify(input) : undefined;
}

function isPlain(value, depth) {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || (depth < DEPTH && (Array.isArray(value) ? isPlainArray(value, depth + 1) : isPlainObject(value, depth + 1)));
    default:
      return false;
  }
}

function isPlainArray(items, depth) {
  if (typeof items.toJSON === "function") return false;
  for (let i = 0; i < items.length; i++) {
    if (!isPlain(items[i], depth)) return false;
  }
  return true;
}

function isPlainObject(object, depth) {
  const prototype = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return false;
  let count = 0;
  for (const key in object) {
    const value = object[key];
    count += 1;
    // An undefined member is an absent one, in JSON too.
    if (value !== undefined && !isPlain(value, depth)) return false;
  }
  // JSON leaves out members that are not enumerable.
  return count === Object.getOwnPropertyNames(object).length;
}

/** The input as tagged JSON. Where it has objects that are not plain, those are read by the names that the operation knows. */
function tagged(input, operation) {
  return JSON.stringify(node(input, [], shapeOf(operation)));
}

/** The members of an input of any kind as a plain object. */
function members(input, operation) {
  if (input === null || typeof input !== "object") return { ...input };
  return Object.fromEntries(entries(input, shapeOf(operation)));
}

/** The shape of the operation's input, as `inputShape` of the native module describes it. */
function shapeOf(operation) {
  operation.shape ??= JSON.parse(native.inputShape(operation.service.name, operation.name));
  return operation.shape;
}

/**
 * The members of an object that are set. Of a structure also those that are inherited, not enumerable or accessors of a class;
 * what else an instance of a class has is its own.
 */
function entries(object, shape) {
  const known = shape?.members;
  const keys = Object.keys(object);
  if (known === undefined) return keys.map((key) => [key, object[key]]);
  const own = className(object) === "Object" ? keys : keys.filter((key) => Object.hasOwn(known, key));
  const rest = Object.keys(known).filter((key) => !own.includes(key));
  return [...own, ...rest].map((key) => [key, object[key]]).filter(([, value]) => value !== undefined);
}

function node(value, ancestors, shape) {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? ["j", value] : ["s", value.toWellFormed()];
    case "boolean":
      return ["j", value];
    case "number":
      return Number.isFinite(value) ? ["j", value] : ["x", "number", String(value)];
    case "bigint":
      return ["n", String(value)];
    case "object":
      return value === null ? ["j", null] : object(value, ancestors, shape);
    default:
      return ["x", typeof value, typeof value === "function" ? `[Function ${value.name}]`.toWellFormed() : String(value).toWellFormed()];
  }
}

function object(value, ancestors, shape) {
  if (ancestors.includes(value)) return ["x", className(value), "[Circular]"];
  if (ancestors.length >= DEPTH) return ["x", className(value), `[nested more than ${DEPTH} deep]`];
  const { types, inspect } = process.getBuiltinModule("node:util");
  if (types.isDate(value)) {
    const time = Date.prototype.getTime.call(value);
    return ["d", Number.isNaN(time) ? null : time];
  }
  const inside = [...ancestors, value];
  if (Array.isArray(value)) return ["a", Array.from(value, (item) => node(item, inside, shape?.item))];
  if (isForeign(types, value)) {
    const text = inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 100 });
    return ["x", className(value), text.toWellFormed()];
  }
  const out = [];
  for (const [key, member] of entries(value, shape)) {
    const inner = shape?.members?.[key] ?? shape?.value;
    if (member !== undefined) out.push([key.toWellFormed(), node(member, inside, inner), !key.isWellFormed()]);
  }
  return ["o", out, className(value)];
}

/** Whether it is an object of the language that no structure or map of a service is. */
function isForeign(types, value) {
  return (
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isPromise(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isBoxedPrimitive(value)
  );
}

function className(value) {
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && name !== "" ? name.toWellFormed() : "Object";
}

/** Makes Dates of the milliseconds that stand where the plan says `1`, in place. A plan in an array is that of each item. */
function revive(value, plan) {
  if (Array.isArray(plan)) {
    if (Array.isArray(value)) {
      if (plan[0] === 1) value.forEach((item, i) => (value[i] = date(item)));
      else for (const item of value) revive(item, plan[0]);
    }
    return;
  }
  if (value === null || typeof value !== "object") return;
  for (const name in plan) {
    const member = value[name];
    if (member === undefined) continue;
    if (plan[name] === 1) value[name] = date(member);
    else revive(member, plan[name]);
  }
}

function date(milliseconds) {
  return typeof milliseconds === "number" ? new Date(milliseconds) : milliseconds;
}

module.exports = { members, plain, revive, tagged };
