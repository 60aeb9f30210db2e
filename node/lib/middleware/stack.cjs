"use strict";
// The stack of middleware of a client or a command, with the methods, the order and the errors of the AWS SDK's.

/** In the order in which a call goes through them. */
const STEPS = ["initialize", "serialize", "build", "finalizeRequest", "deserialize"];
const PRIORITIES = ["high", "normal", "low"];

/** A stack of middleware. Its methods need no `this`. */
function middlewareStack() {
  /** In the order of their addition. One that is placed by another has `toMiddleware` and `relation`, the others `step`. */
  let entries = [];
  let isTold = false;

  /** Adds an entry, in place of those of its names where it overrides and stands at the same place as they do. */
  const put = (entry, placeOf) => {
    const names = namesOf(entry);
    const taken = new Set(entries.flatMap(namesOf));
    if (!entry.override && names.some((name) => taken.has(name))) throw new Error(`Duplicate middleware name '${labelOf(entry)}'`);
    for (const name of names) {
      const old = entries.find((other) => isRelative(other) === isRelative(entry) && namesOf(other).includes(name));
      if (old === undefined) continue;
      if (placeOf(old) !== placeOf(entry)) throw new Error(misplaced(old, entry));
      entries = entries.filter((other) => other !== old);
    }
    entries.push(entry);
  };

  /** Removes the entries that a test holds for; whether there were any. */
  const take = (isMeant) => {
    const rest = entries.filter((entry) => !isMeant(entry));
    const isTaken = rest.length < entries.length;
    entries = rest;
    return isTaken;
  };

  const applyToStack = (other) => {
    for (const entry of entries.filter((entry) => !isRelative(entry))) other.add(entry.middleware, { ...entry });
    for (const entry of entries.filter(isRelative)) other.addRelativeTo(entry.middleware, { ...entry });
    other.identifyOnResolve?.(isTold);
    return other;
  };

  const stack = {
    add: (middleware, options = {}) => put({ step: "initialize", priority: "normal", ...options, middleware }, ({ step, priority }) => `${step} ${priority}`),
    addRelativeTo: (middleware, options) => put({ ...options, middleware }, ({ relation, toMiddleware }) => `${relation} ${toMiddleware}`),
    use: (plugin) => plugin.applyToStack(stack),
    remove: (nameOrMiddleware) => take((entry) => (typeof nameOrMiddleware === "string" ? namesOf(entry).includes(nameOrMiddleware) : entry.middleware === nameOrMiddleware)),
    removeByTag: (tag) => take((entry) => entry.tags?.includes(tag) === true),
    clone: () => applyToStack(middlewareStack()),
    concat: (from) => {
      const both = stack.clone();
      both.use(from);
      both.identifyOnResolve(isTold || both.identifyOnResolve() || (from.identifyOnResolve?.() ?? false));
      return both;
    },
    applyToStack,
    identify: () => ordered(entries, true).map((entry) => `${labelOf(entry)} - ${entry.step ?? `${entry.relation} ${entry.toMiddleware}`}`),
    identifyOnResolve: (toggle) => {
      if (typeof toggle === "boolean") isTold = toggle;
      return isTold;
    },
    resolve: (handler, context) => {
      const resolved = ordered(entries).reduceRight((next, { middleware }) => middleware(next, context), handler);
      if (isTold) console.log(stack.identify());
      return resolved;
    },
  };
  Object.defineProperty(stack, ENTRIES, { value: () => ordered(entries) });
  return stack;
}

/** On a stack: the function that gives its entries in the order of a call. */
const ENTRIES = Symbol("chimeline.middleware");

/** The entries of a stack in the order of a call. */
function entriesOf(stack) {
  return stack[ENTRIES]();
}

function isRelative(entry) {
  return entry.toMiddleware !== undefined;
}

function namesOf({ name, aliases }) {
  return [...(name ? [name] : []), ...(aliases ?? [])];
}

function labelOf({ name, aliases }) {
  return `${name || "anonymous"}${aliases?.length > 0 ? ` (a.k.a. ${aliases.join(",")})` : ""}`;
}

function misplaced(old, entry) {
  if (isRelative(entry)) {
    const by = `by "${labelOf(entry)}" middleware ${entry.relation} "${entry.toMiddleware}" middleware.`;
    return `"${labelOf(old)}" middleware ${old.relation} "${old.toMiddleware}" middleware cannot be overridden ${by}`;
  }
  const by = `by "${labelOf(entry)}" middleware with ${entry.priority} priority in ${entry.step} step.`;
  return `"${labelOf(old)}" middleware with ${old.priority} priority in ${old.step} step cannot be overridden ${by}`;
}

/**
 * The entries in the order of a call: by step and priority, as they were added, each with those that are placed before and after it.
 * One that is placed by another that is not there is an Error, or with `lenient` left out.
 */
function ordered(entries, lenient = false) {
  const nodes = entries.map((entry) => ({ entry, before: [], after: [] }));
  const absolute = nodes.filter(({ entry }) => !isRelative(entry));
  const relative = nodes.filter(({ entry }) => isRelative(entry));
  const named = new Map([...absolute, ...relative].flatMap((node) => namesOf(node.entry).map((name) => [name, node])));
  for (const node of relative) {
    const { relation, toMiddleware } = node.entry;
    const anchor = named.get(toMiddleware);
    if (anchor !== undefined) anchor[relation]?.push(node);
    else if (!lenient) throw new Error(`${toMiddleware} is not found when adding ${labelOf(node.entry)} middleware ${relation} ${toMiddleware}`);
  }
  absolute.sort((a, b) => rankOf(a.entry) - rankOf(b.entry));
  return absolute.flatMap(expanded);
}

function rankOf({ step, priority }) {
  return STEPS.indexOf(step) * PRIORITIES.length + PRIORITIES.indexOf(priority ?? "normal");
}

/** What was placed last after a middleware stands next to it. */
function expanded({ entry, before, after }) {
  return [...before.flatMap(expanded), entry, ...after.toReversed().flatMap(expanded)];
}

module.exports = { entriesOf, middlewareStack };
