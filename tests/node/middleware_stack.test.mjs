// The stack of middleware beside the AWS SDK's own: the same steps on both give the same order, results and errors.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { constructStack } from "@smithy/middleware-stack";
import { installed } from "./support.mjs";

const require = createRequire(join(installed, "node_modules/chimeline/node/lib/middleware/stack.cjs"));
const { middlewareStack } = require("./stack.cjs");

/** A middleware that writes its name when a call goes in and when it comes out. */
const writing = (name) => {
  const middleware = (next, context) => async (args) => {
    args.said.push(`${context.who}>${name}`);
    const result = await next(args);
    args.said.push(`<${name}`);
    return result;
  };
  return Object.defineProperty(middleware, "name", { value: name });
};

/** What a call through the stack says, or the message of the error. */
async function called(stack) {
  const said = [];
  try {
    const handler = stack.resolve(async () => ({ output: said.push("handler") }), { who: "c" });
    await handler({ said });
    return said;
  } catch (error) {
    return error.message;
  }
}

/** Runs the steps on both; each step gives a value or throws, and afterwards a call and `identify` say what there is. */
async function same(steps) {
  const told = [];
  for (const make of [middlewareStack, constructStack]) {
    const middleware = new Map();
    const named = (name) => middleware.get(name) ?? middleware.set(name, writing(name)).get(name);
    let stack = make();
    const out = [];
    for (const step of steps) {
      try {
        const given = step(stack, named, make);
        if (typeof given?.resolve === "function") stack = given;
        out.push(typeof given === "object" ? "a stack" : given);
      } catch (error) {
        out.push(error.message);
      }
      out.push(await called(stack), stack.identify());
    }
    told.push(out);
  }
  assert.deepEqual(told[0], told[1]);
  return told[0];
}

const STEPS = ["initialize", "serialize", "build", "finalizeRequest", "deserialize"];

test("the order is by step, then by priority, then by addition", async () => {
  const steps = [];
  for (const step of [...STEPS].reverse()) {
    for (const priority of ["low", undefined, "high", "normal"]) {
      steps.push((stack, named) => stack.add(named(`${step}-${priority}-a`), { step, priority }));
      steps.push((stack, named) => stack.add(named(`${step}-${priority}-b`), { step, priority, name: `${step}-${priority}` }));
    }
  }
  const told = await same([...steps, (stack, named) => stack.add(named("plain"))]);
  assert.equal(told.at(-2).filter((said) => said.startsWith("c>")).length, 41);
});

test("a middleware stands before or after another, and those again by it", async () => {
  await same([
    (stack, named) => stack.add(named("x"), { step: "build", name: "x" }),
    (stack, named) => stack.addRelativeTo(named("a"), { relation: "before", toMiddleware: "x", name: "a" }),
    (stack, named) => stack.addRelativeTo(named("b"), { relation: "before", toMiddleware: "x", name: "b" }),
    (stack, named) => stack.addRelativeTo(named("c"), { relation: "after", toMiddleware: "x", name: "c" }),
    (stack, named) => stack.addRelativeTo(named("d"), { relation: "after", toMiddleware: "x", name: "d" }),
    (stack, named) => stack.addRelativeTo(named("e"), { relation: "after", toMiddleware: "c" }),
    (stack, named) => stack.addRelativeTo(named("f"), { relation: "before", toMiddleware: "d" }),
    (stack, named) => stack.addRelativeTo(named("g"), { relation: "before", toMiddleware: "f", aliases: ["h"] }),
    (stack) => stack.remove("x"),
  ]);
});

test("a middleware placed by one that is not there fails the call, and is left out of identify", async () => {
  const told = await same([
    (stack, named) => stack.addRelativeTo(named("a"), { relation: "before", toMiddleware: "gone", name: "a", aliases: ["b", "c"] }),
    (stack, named) => stack.addRelativeTo(named("loop"), { relation: "before", toMiddleware: "loop", name: "loop" }),
  ]);
  assert.match(told[1], /gone is not found when adding a \(a\.k\.a\. b,c\) middleware before gone/);
});

test("a name is taken once, unless it overrides at the same place", async () => {
  const told = await same([
    (stack, named) => stack.add(named("one"), { step: "build", name: "n", aliases: ["m"] }),
    (stack, named) => stack.add(named("two"), { step: "build", name: "m" }),
    (stack, named) => stack.add(named("three"), { step: "build", name: "m", override: true }),
    (stack, named) => stack.add(named("four"), { step: "serialize", name: "m", override: true }),
    (stack, named) => stack.add(named("five"), { step: "build", priority: "low", name: "m", override: true }),
    (stack, named) => stack.addRelativeTo(named("six"), { relation: "after", toMiddleware: "m", name: "r" }),
    (stack, named) => stack.addRelativeTo(named("seven"), { relation: "after", toMiddleware: "m", name: "r" }),
    (stack, named) => stack.addRelativeTo(named("eight"), { relation: "before", toMiddleware: "m", name: "r", override: true }),
    (stack, named) => stack.addRelativeTo(named("nine"), { relation: "after", toMiddleware: "m", name: "r", override: true }),
  ]);
  assert.deepEqual(told.filter((said) => /Duplicate|cannot be overridden/.test(said)).length, 5);
});

test("middleware is removed by name, alias, reference and tag", async () => {
  const told = await same([
    (stack, named) => stack.add(named("a"), { step: "build", name: "a", aliases: ["z"], tags: ["T", "U"] }),
    (stack, named) => stack.add(named("b"), { step: "build", tags: ["U"] }),
    (stack, named) => stack.addRelativeTo(named("c"), { relation: "after", toMiddleware: "a", name: "c", tags: ["T"] }),
    (stack) => stack.remove("none"),
    (stack) => stack.removeByTag("none"),
    (stack, named) => stack.remove(named("b")),
    (stack) => stack.removeByTag("T"),
    (stack, named) => stack.add(named("a"), { step: "build", name: "a", aliases: ["z"] }),
    (stack) => stack.remove("z"),
    (stack, named) => stack.add(named("again"), { name: "a" }),
  ]);
  assert.deepEqual(told.filter((said) => typeof said === "boolean"), [false, false, true, true, true]);
});

test("plugins, clones and concatenations have what they were made of, and no more", async () => {
  await same([
    (stack, named) => stack.add(named("a"), { step: "build", name: "a" }),
    (stack, named) => stack.use({ applyToStack: (other) => other.addRelativeTo(named("p"), { relation: "before", toMiddleware: "a" }) }),
    (stack, named) => {
      const copy = stack.clone();
      stack.add(named("later"), {});
      return copy;
    },
    (stack, named, make) => {
      const other = make();
      other.add(named("o"), { step: "serialize", tags: ["T"] });
      other.addRelativeTo(named("q"), { relation: "after", toMiddleware: "a" });
      return stack.concat(other);
    },
    (stack, named, make) => {
      const other = make();
      other.add(named("again"), { step: "build", name: "a" });
      return stack.concat(other);
    },
    (stack, named, make) => stack.applyToStack(make()),
    (stack) => stack.identifyOnResolve(),
  ]);
});

test("the methods need no this, and identifyOnResolve goes along with clones", async () => {
  const { add, clone, identifyOnResolve } = middlewareStack();
  add(writing("a"), { name: "a" });
  identifyOnResolve(true);
  assert.equal(clone().identifyOnResolve(), true);
  assert.deepEqual(clone().identify(), ["a - initialize"]);
});
