// The helper for test runners, used by the tests of this file as a user would.
import assert from "node:assert/strict";
import * as runner from "node:test";
import { require } from "./support.mjs";

const { ChimeSDKMeetings } = require("chimeline");
const { useLocalChime } = require("chimeline/testing");

const chime = useLocalChime(runner, { transitionDelaySeconds: 1 });
assert.throws(() => chime.local, { message: "the local service starts with the first test" });

const urls = [];
for (const name of ["the first", "the second"]) {
  runner.test(`${name} test has the service as new`, async () => {
    assert.deepEqual(chime.local.meetings(), []);
    await new ChimeSDKMeetings(chime.local.clientOptions).createMeeting({ MediaRegion: "us-east-1", ExternalMeetingId: "standup", ClientRequestToken: "token-1" });
    assert.equal(chime.local.meetings().length, 1);
    urls.push(chime.local.url);
  });
}

runner.test("they have one service", () => assert.equal(new Set(urls).size, 1));

runner.test("the hooks of Vitest and Jest are taken", async () => {
  const calls = {};
  const hooks = Object.fromEntries(["beforeAll", "afterAll", "beforeEach"].map((name) => [name, (run) => (calls[name] = run)]));
  const other = useLocalChime(hooks);
  await calls.beforeAll();
  calls.beforeEach();
  assert.match(other.local.url, /^http/);
  await calls.afterAll();
  assert.throws(() => useLocalChime({}), { name: "TypeError", message: /must have the hooks/ });
});
