"use strict";
// The journal of a run: JSON lines, of which the first says whose they are; Python's `chimeline.bulk` reads and writes the same.
//
// A line is written behind the others and never changed. Where a file is damaged, what stands before the damage counts, and what comes
// later goes to a file beside it: FILE.1 and so on.
const errors = require("../../generated/errors.cjs");

const KIND = "chimeline.bulk";
const VERSION = 1;
/** What a journal has to have in common with the run. */
const SAME = ["service", "operation", "region"];

class Journal {
  #fs = process.getBuiltinModule("node:fs");
  #path;
  #openPath;
  #header;
  #needsAnnouncement;
  #found;
  #file;
  #done = new Map();
  #inDoubt = new Set();

  constructor(path, { service, operation, repeatable }, region) {
    this.#path = path instanceof URL ? process.getBuiltinModule("node:url").fileURLToPath(path) : path;
    this.#openPath = this.#path;
    this.#header = { journal: KIND, version: VERSION, service: service.name, operation, region };
    this.#needsAnnouncement = !repeatable;
    this.#read();
  }

  /** Opens it for the account that the run is for; refuses one that is another's. */
  begin(identity) {
    if (this.#found !== undefined) this.#checkIdentity(identity);
    // Outcomes may hold join tokens.
    this.#file = this.#fs.openSync(this.#openPath, "a", 0o600);
    if (this.#fs.fstatSync(this.#file).size === 0) this.#write({ ...this.#header, ...identity }, true);
  }

  /** Notes that a call begins: on disk before it does, where its outcome would be in doubt without. */
  announce(key) {
    if (this.#needsAnnouncement) this.#write({ begun: key }, true);
  }

  noteDone(key, { $metadata, ...output }) {
    this.#write({ done: key, output: dated(output), status: $metadata?.httpStatusCode ?? null, request_id: $metadata?.requestId ?? null });
  }

  noteFailed(key, error) {
    const answered = error?.$fault !== undefined || error?.name === "ParamValidationError";
    this.#write({ failed: key, error: error?.name ?? "Error", message: String(error?.message ?? error), answered });
  }

  /** What a call gave in an earlier run, if it did. */
  output(key) {
    const line = this.#done.get(key);
    if (line === undefined) return undefined;
    const $metadata = { httpStatusCode: line.status ?? undefined, requestId: line.request_id ?? undefined, attempts: 1, totalRetryDelay: 0 };
    return { $metadata, ...revived(line.output) };
  }

  /** Whether an earlier run may have done it, where doing it again may do harm. */
  isInDoubt(key) {
    return this.#inDoubt.has(key);
  }

  close() {
    if (this.#file !== undefined) this.#fs.closeSync(this.#file);
    this.#file = undefined;
  }

  #write(line, toDisk = false) {
    if (this.#file === undefined) return;
    // In one piece, so that lines of two processes stay apart.
    this.#fs.writeSync(this.#file, `${JSON.stringify(line)}\n`);
    if (toDisk) this.#fs.fsyncSync(this.#file);
  }

  #read() {
    for (let number = 1; this.#fs.existsSync(this.#openPath) && this.#fs.statSync(this.#openPath).size > 0; number++) {
      const damaged = this.#readFile(this.#openPath);
      if (damaged === undefined) return;
      const following = `${this.#path}.${number}`;
      process.emitWarning(
        `the journal ${this.#openPath} is damaged in line ${damaged}: it counts up to there, it is left as it is, and the run goes on in ${following}`,
        "ChimelineWarning",
      );
      this.#openPath = following;
    }
  }

  /** Takes up the lines of a file; gives the number of the first one that is damaged. */
  #readFile(path) {
    const [first, ...lines] = linesOf(this.#fs.readFileSync(path, "utf8"));
    if (first?.journal !== KIND || first.version !== VERSION) {
      throw new errors.ParamValidationError(`journal must be a file that chimeline/bulk has written, or none yet; the first line of ${path} says nothing of a run`);
    }
    for (const name of SAME) {
      if (first[name] !== this.#header[name]) {
        throw new errors.ParamValidationError(`the journal ${path} is of ${name} ${first[name]}, and this run of ${this.#header[name]}: give each a file of its own`);
      }
    }
    this.#found ??= first;
    const damaged = lines.findIndex((line) => line === undefined || !this.#take(line));
    return damaged < 0 ? undefined : damaged + 2;
  }

  #take(line) {
    if (typeof line.done === "string" && line.output !== null && typeof line.output === "object") {
      this.#done.set(line.done, line);
      this.#inDoubt.delete(line.done);
    } else if (typeof line.begun === "string") {
      this.#inDoubt.add(line.begun);
    } else if (typeof line.failed === "string") {
      if (line.answered) this.#inDoubt.delete(line.failed);
    } else {
      return false;
    }
    return true;
  }

  #checkIdentity(identity) {
    for (const name of ["account", "credentials"]) {
      const [known, own] = [this.#found[name], identity[name]];
      if (known == null || own == null) continue;
      if (known === own) return;
      const other = name === "account" ? `is of the account ${known}, and this run of ${own}` : "was written with other credentials, and whether they are of this account cannot be told";
      throw new errors.ParamValidationError(`the journal ${this.#path} ${other}: give each a file of its own`);
    }
  }
}

/** The lines of a text; undefined for one that is damaged. */
function linesOf(text) {
  const lines = text.split("\n");
  const rest = lines.pop();
  const read = lines.map((line) => {
    try {
      const value = JSON.parse(line);
      return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
    } catch {
      return undefined;
    }
  });
  return rest === "" ? read : [...read, undefined];
}

/** The same with points in time as Python writes them too. */
function dated(value) {
  if (value instanceof Date) return { $date: value.toISOString() };
  return mapped(value, dated);
}

function revived(value) {
  if (value !== null && typeof value === "object" && typeof value.$date === "string" && Object.keys(value).length === 1) return new Date(value.$date);
  return mapped(value, revived);
}

function mapped(value, change) {
  if (Array.isArray(value)) return value.map(change);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, change(item)]));
}

module.exports = { Journal };
