// The layers of the package, as `tests/layers.json` lists them: an import goes to a later layer, wherever in a file it stands, and
// files import each other in no circle.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDERS = ["lib", "generated"];

/** Which files each file imports, by their paths below the folder without their ending. */
function graph(folder) {
  const files = FOLDERS.flatMap((inner) => readdirSync(join(folder, inner), { recursive: true }).map((file) => join(inner, file))).filter((file) => /\.[cm]js$/.test(file));
  const imports = {};
  for (const file of files) {
    const text = readFileSync(join(folder, file), "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
    const targets = [...text.matchAll(/(?:\brequire\(|\bimport\(|\bfrom )"(\.[^"]+)"/g)].map(([, target]) => join(dirname(file), target));
    // An ES module passes on what the CommonJS one of its name has.
    const own = stem(file);
    imports[own] = [...(imports[own] ?? []), ...targets.map(stem)].filter((target) => target !== own && FOLDERS.includes(target.split("/")[0]));
  }
  return imports;
}

function stem(file) {
  return file.replace(/\.[cm]js$/, "");
}

function circles(imports) {
  const [found, done] = [[], new Set()];
  const follow = (name, way) => {
    if (way.includes(name)) found.push(`circle: ${[...way.slice(way.indexOf(name)), name].join(" -> ")}`);
    else if (!done.has(name)) {
      for (const target of imports[name] ?? []) follow(target, [...way, name]);
      done.add(name);
    }
  };
  for (const name of Object.keys(imports).sort()) follow(name, []);
  return found;
}

/** What is against the layers, which are listed from the top down; rooms of one layer do not import each other. */
function faults(folder, layers) {
  const levels = new Map(layers.flatMap((layer, level) => [layer].flat().map((room) => [room, level])));
  // The longest part of the path that is in a layer.
  const room = (file) => {
    const steps = file.split("/");
    return steps.map((_, i) => steps.slice(0, steps.length - i).join("/")).find((part) => levels.has(part));
  };
  const imports = graph(folder);
  const found = Object.keys(imports).filter((file) => room(file) === undefined).map((file) => `${file} is in no layer: name it in tests/layers.json`);
  for (const [file, targets] of Object.entries(imports)) {
    for (const target of targets) {
      const [own, other] = [room(file), room(target)];
      if (own !== other && levels.get(other) <= levels.get(own)) found.push(`${file} imports ${target}, which is not below it`);
    }
  }
  return [...found, ...circles(imports)];
}

test("imports go down and in no circle", () => {
  const { javascript } = JSON.parse(readFileSync(join(ROOT, "tests/layers.json"), "utf8"));
  assert.ok(Object.keys(javascript).length > 0);
  for (const [folder, layers] of Object.entries(javascript)) {
    assert.ok(Object.keys(graph(join(ROOT, folder))).length > 50);
    assert.deepEqual(faults(join(ROOT, folder), layers), []);
  }
});

test("an import upwards and a circle are found", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "layers-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = {
    "lib/high/a.cjs": "",
    "lib/low/b.cjs": 'function f() {\n  return require("../high/a.cjs");\n}\n// require("./none.cjs")\n',
    "lib/low/c.cjs": 'require("./d.cjs");',
    "lib/low/d.cjs": 'async () => import("./c.cjs");',
    "generated/index.cjs": 'require("../lib/high/a.cjs");',
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  assert.deepEqual(faults(folder, ["generated", "lib/high", "lib/low"]), ["lib/low/b imports lib/high/a, which is not below it", "circle: lib/low/c -> lib/low/d -> lib/low/c"]);
  assert.deepEqual(faults(folder, ["generated", "lib/low"]).filter((fault) => fault.includes("in no layer")), ["lib/high/a is in no layer: name it in tests/layers.json"]);
});
