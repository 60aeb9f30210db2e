// What takes minutes to go wrong: an environment that is written beside calls, and contexts that stay.
import assert from "node:assert/strict";
import { createHook } from "node:async_hooks";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { contextsLeft } from "../contexts.mjs";
import { besideWrites, Server } from "../support.mjs";

test("300 contexts that load the package and make calls are let go, and no handle is open after the last call", async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  const open = new Map();
  const hook = createHook({ init: (id, type) => /napi|threadsafe/i.test(type) && open.set(id, type), destroy: (id) => open.delete(id) }).enable();
  t.after(() => hook.disable());
  const left = await contextsLeft(server, 300);
  assert.ok(left <= 1, `${left} contexts are there`);
  for (let i = 0; i < 50 && open.size > 0; i++) await sleep(10);
  assert.deepEqual([...open.values()], []);
});

for (let run = 1; run <= 10; run++) {
  test(`the environment is written for a minute while clients are made and called, run ${run} of 10`, async () => {
    assert.match(await besideWrites(60), /^\d+ calls of 4 callers/);
  });
}
