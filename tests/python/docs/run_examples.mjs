// Runs the JavaScript examples of operations, one after another, each by itself: what became of each, as JSON.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ServiceException, ChimelineError } from "chimeline";

async function outcome(number, { text }) {
  const file = join(process.cwd(), `example${number}.mjs`);
  writeFileSync(file, text);
  try {
    await import(pathToFileURL(file));
    return "success";
  } catch (error) {
    if (error instanceof ServiceException) return error.name;
    if (error instanceof ChimelineError) return `${error.name}: ${error.message}`;
    throw error;
  }
}

const outcomes = {};
let number = 0;
for (const [page, block] of Object.entries(JSON.parse(await text(process.stdin)))) outcomes[page] = await outcome(number++, block);
console.log(JSON.stringify(outcomes));
