// The package as npm installs it, in a folder of a test's own: nothing of a checkout is in reach.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installed } from "./support.mjs";

const original = realpathSync(join(installed, "node_modules/chimeline"));
const manifest = JSON.parse(readFileSync(join(original, "package.json"), "utf8"));

/** The file of the native module of this platform, and the package that holds it. */
export const addon = addons(join(original, "node"))[0] ?? addons(platformFolder())[0];
export const platformPackage = addon.replace(".", "-").replace(/\.node$/, "");

/** A folder with `node_modules`, removed after the test or the tests. With `platform: false` npm left the platform's package out. */
export function scratch(t, { platform = true } = {}) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "chimeline-packed-")));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  install(folder, { platform });
  return folder;
}

/** Puts the package, and that of its platform, into the folder's node_modules. */
export function install(folder, { platform = true } = {}) {
  const main = join(folder, "node_modules/chimeline");
  for (const path of ["package.json", ...manifest.files]) {
    if (existsSync(join(original, path))) cpSync(join(original, path), join(main, path), { recursive: true, dereference: true });
  }
  if (platform) installPlatform(folder);
}

/** Puts the platform's package into the folder's node_modules. */
export function installPlatform(folder) {
  const own = join(folder, "node_modules", platformPackage);
  mkdirSync(own, { recursive: true });
  cpSync(addonFile(), join(own, addon));
  writeFileSync(join(own, "package.json"), JSON.stringify({ name: platformPackage, version: manifest.version, main: addon }));
}

/** Where the native module lies. */
export function addonFile() {
  const built = join(original, "node", addon);
  return existsSync(built) ? built : join(installed, "node_modules", platformPackage, addon);
}

function addons(folder) {
  return folder === undefined || !existsSync(folder) ? [] : readdirSync(folder).filter((file) => /^chimeline\..*\.node$/.test(file));
}

function platformFolder() {
  const folders = readdirSync(join(installed, "node_modules")).filter((name) => name.startsWith("chimeline-"));
  return folders.length === 0 ? undefined : join(installed, "node_modules", folders[0]);
}
