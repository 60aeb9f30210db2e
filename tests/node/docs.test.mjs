// The pages for users of Node: their links lead somewhere, and what they say of this package can be looked up in it.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { require } from "./support.mjs";

const root = resolve(import.meta.dirname, "../..");
const pages = ["node/README.md", "node/examples/README.md", "docs/from-aws-sdk-v3.md"];
const read = (page) => readFileSync(join(root, page), "utf8");

/** The anchors of a page's headings, as they are made of their texts. */
function anchors(text) {
  return Array.from(text.matchAll(/^#+ (.*)$/gm), ([, title]) => title.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-"));
}

for (const page of pages) {
  test(`the links of ${page} lead somewhere`, () => {
    const links = Array.from(read(page).matchAll(/\]\(([^)]+)\)/g), ([, link]) => link).filter((link) => !/^\w+:/.test(link));
    assert.ok(links.length > 0);
    for (const link of links) {
      const [path, anchor] = link.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      assert.ok(existsSync(join(root, file)), link);
      if (anchor !== undefined) assert.ok(anchors(read(file)).includes(anchor), link);
    }
  });
}

test("the modules and clients that the pages name exist", () => {
  const text = pages.map(read).join("\n");
  const modules = new Set(Array.from(text.matchAll(/["`](chimeline(?:\/[\w-]+)?)["`]/g), ([, name]) => name));
  assert.ok(modules.size >= 5);
  for (const name of modules) assert.ok(require(name), name);
  const own = { ...require("chimeline/client-chime-sdk-media-pipelines"), ...require("chimeline/client-chime-sdk-meetings"), ...require("chimeline/testing") };
  for (const [name] of text.matchAll(/\b(?:waitUntil|ChimeSDK|LocalChime)\w+(?=\W)/g)) assert.ok(own[name] ?? require("chimeline")[name], name);
  const { prototype } = own.ChimeSDKMeetings;
  for (const [, name] of text.matchAll(/client\.((?:paginate|create|list)\w+)\(/g)) assert.equal(typeof (prototype[name] ?? own.ChimeSDKMediaPipelines.prototype[name]), "function", name);
});
