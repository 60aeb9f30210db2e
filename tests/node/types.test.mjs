// What compilers and package checkers make of the package.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import { installed } from "./support.mjs";

const root = resolve(import.meta.dirname, "../..");
const tools = join(root, "node_modules/.bin");
let folder;
/** What the compiler says of each program; all are compiled at once. */
const told = new Map();

/** Programs that a strict compiler rejects, each for its last line. */
const bad = {
  "a missing required member": [`await new Chime({}).createMediaCapturePipeline({ SourceType: "ChimeSdkMeeting" });`, /SourceArn|missing/],
  "a value that an enumeration has not": [
    `await new ChimeSDKMeetings({}).updateAttendeeCapabilities({ MeetingId: "m", AttendeeId: "a", Capabilities: { Audio: "Loud", Video: "None", Content: "None" } });`,
    /"Loud"/,
  ],
  "an unknown member": [`await new Chime({}).listMediaCapturePipelines({ MaxResult: 5 });`, /MaxResult/],
  "a member of another type": [`await new ChimeSDKMeetings({}).listAttendees({ MeetingId: 5 });`, /number/],
  "a member that an output has not": [`(await new Chime({}).getMediaCapturePipeline({ MediaPipelineId: "x" })).MediaCapturePipeline?.Arn;`, /Arn/],
  "an option of another type": [`new Chime({ maxAttempts: "3" });`, /maxAttempts|string/],
  "an option that there is not": [`new Chime({ maxAttempt: 3 });`, /maxAttempt/],
  "an operation that the service has not": [`await new Chime({}).createMeeting({});`, /createMeeting/],
  "a command of another service": [
    `await new ChimeSDKMeetings({}).send(new DeleteMediaPipelineCommand({ MediaPipelineId: "x" }));`,
    /DeleteMediaPipelineCommand|MediaPipelineId/,
  ],
};
const IMPORTS = `import { Chime, ChimeSDKMeetings } from "chimeline";
import { DeleteMediaPipelineCommand } from "chimeline/client-chime-sdk-media-pipelines";
void [Chime, ChimeSDKMeetings, DeleteMediaPipelineCommand];
`;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "chimeline-types-"));
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(join(installed, "node_modules/chimeline"), join(folder, "node_modules/chimeline"));
  for (const name of ["@types/node", "undici-types"]) symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  const good = readFileSync(join(import.meta.dirname, "types/good.ts"), "utf8");
  const programs = { "good.mts": good, "good.cts": good };
  Object.values(bad).forEach(([line], i) => (programs[`bad-${i}.mts`] = `${IMPORTS}${line}\n`));
  for (const [i, [path, names]] of exported().entries()) {
    programs[`exports-${i}.mts`] = `import { ${names.map((name, n) => `${name} as _${n}`).join(", ")} } from "${path}";\nvoid [${names.map((_, n) => `_${n}`)}];\n`;
  }
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), text);
    told.set(name, "");
  }
  const options = { strict: true, exactOptionalPropertyTypes: true, module: "nodenext", target: "es2022", noEmit: true, types: ["node"], preserveSymlinks: true };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: Object.keys(programs) }));
  const { stdout } = spawnSync(join(tools, "tsc"), ["--project", folder, "--pretty", "false"], { encoding: "utf8", cwd: folder });
  let name;
  for (const line of stdout.split("\n")) {
    name = /^([^( ]+)\(\d/.exec(line)?.[1] ?? name;
    if (line !== "") told.set(name, `${told.get(name) ?? ""}${line}\n`);
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The names that each module exports. */
function exported() {
  const generated = join(installed, "node_modules/chimeline/node/generated");
  const modules = readdirSync(generated).filter((file) => file.endsWith(".mjs"));
  return modules.map((file) => {
    const names = readFileSync(join(generated, file), "utf8").match(/^ {2}[\w$]+(?=,$)/gm);
    return [file === "index.mjs" ? "chimeline" : `chimeline/${file.slice(0, -4)}`, names.map((name) => name.trim())];
  });
}

test("tsc --strict accepts a good program, in ES and CommonJS modules, and complains of no declarations", () => {
  assert.equal(told.get("good.mts"), "");
  assert.equal(told.get("good.cts"), "");
  assert.deepEqual([...told.keys()].filter((name) => !/^(good|bad|exports)/.test(name)), []);
});

for (const [i, [what, [, message]]] of Object.entries(bad).entries()) {
  test(`tsc --strict rejects ${what}`, () => {
    assert.match(told.get(`bad-${i}.mts`), new RegExp(`^bad-${i}\\.mts\\(4,\\d+\\): error`));
    assert.match(told.get(`bad-${i}.mts`), message);
  });
}

test("declarations name every export", () => {
  for (const [i, [path]] of exported().entries()) assert.equal(told.get(`exports-${i}.mts`), "", path);
});

test("the text of a command leads to the method, which is declared with the whole documentation", () => {
  const generated = join(installed, "node_modules/chimeline/node/generated");
  let links = 0;
  for (const file of readdirSync(generated).filter((name) => /^client-.*\.d\.cts$/.test(name))) {
    const text = readFileSync(join(generated, file), "utf8");
    for (const [, comment, command] of text.matchAll(/(\/\*\*(?:(?!\*\/)[^])*\*\/)\nexport declare class (\w+)Command /g)) {
      const [, Class, method] = /\{@link (\w+)\.(\w+)\}/.exec(comment) ?? assert.fail(`${file}: ${command}`);
      assert.equal(method, command[0].toLowerCase() + command.slice(1));
      const [declared] = text.split(`export declare class ${Class} `)[1].split("\n}\n");
      assert.match(declared, new RegExp(`Errors: [^*]*(?:\\*[^/][^*]*)*\\*/\n  ${method}\\(`));
      assert.equal(/@deprecated/.test(comment), /@deprecated\n   \*\/\n$/.test(declared.split(`  ${method}(`)[0]));
      links += 1;
    }
  }
  assert.ok(links > 40);
});

test("each operation has an example, which compiles, its errors and a reference", () => {
  const generated = join(installed, "node_modules/chimeline/node/generated");
  const project = join(folder, "examples");
  mkdirSync(project);
  const files = [];
  for (const file of readdirSync(generated).filter((name) => /^client-.*\.d\.cts$/.test(name))) {
    const text = readFileSync(join(generated, file), "utf8");
    const methods = text.match(/^ {2}\w+\(input\??: \w+CommandInput, options\?: CallOptions\)/gm).length;
    const examples = [...text.matchAll(/\* @example\n((?: +\*.*\n)+?) +\*\n +\* @throws (?:.*\n)+? +\* @see\s[\s*]*https:/g)];
    assert.equal(examples.length, methods, file);
    const code = examples.map(([, block]) => `{\n${block.replaceAll(/^ +\* ?/gm, "").replaceAll(/```(js)?/g, "")}\n}`);
    const Class = /export declare class (\w+) extends \w+Client /.exec(text)[1];
    files.push(`${Class}.mts`);
    writeFileSync(join(project, `${Class}.mts`), `import { ${Class} } from "chimeline";\n${code.join("\n")}\nexport {};\n`);
  }
  const options = { strict: true, module: "nodenext", target: "es2022", noEmit: true, types: ["node"], preserveSymlinks: true };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files }));
  const done = spawnSync(join(tools, "tsc"), ["--project", project, "--pretty", "false"], { encoding: "utf8", cwd: project });
  assert.equal(done.stdout, "");
});

test("a default import has what the module exports", async () => {
  for (const name of ["chimeline", "chimeline/client-chime", "chimeline/testing", "chimeline/recording", "chimeline/bulk"]) {
    const module = await import(pathToFileURL(createRequire(join(installed, "x.js")).resolve(name)).href.replace(/\.cjs$/, ".mjs"));
    assert.deepEqual(Object.keys(module.default).sort(), Object.keys(module).filter((key) => key !== "default").sort(), name);
  }
});

test("publint and attw find nothing wrong with the package", () => {
  const copy = join(folder, "packed");
  // What the package lists and no more: beside a package in development lies all that is built.
  const original = join(installed, "node_modules/chimeline");
  const { files } = JSON.parse(readFileSync(join(original, "package.json"), "utf8"));
  for (const path of ["package.json", ...files].filter((path) => !path.includes("*"))) cpSync(join(original, path), join(copy, path), { recursive: true, dereference: true });
  const packed = execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], { cwd: copy, encoding: "utf8", env: { ...process.env, HOME: folder } }).trim();
  const tarball = join(folder, packed);
  const checked = (name, args) => {
    const done = spawnSync(join(tools, name), args, { encoding: "utf8", cwd: dirname(tarball) });
    assert.equal(done.status, 0, done.stdout + done.stderr);
  };
  checked("publint", [copy, "--strict"]);
  checked("attw", [tarball, "--no-definitely-typed"]);
});
