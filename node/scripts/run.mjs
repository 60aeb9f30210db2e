// Runs a command of node_modules/.bin, or npm itself, at the repository's top; ends this process if it fails.
import { spawnSync } from "node:child_process";
import { delimiter, join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export function run(command, args, options = {}) {
  const path = [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
    ...options,
    env: { ...process.env, PATH: path, ...options.env },
  });
  if (done.error) throw done.error;
  if (done.status !== 0) process.exit(done.status ?? 1);
  return done;
}
