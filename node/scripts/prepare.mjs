// Run by npm where the package is installed from a checkout's folder or a git URL: builds the native module with cargo alone, for npm
// installs no development tools there. `npm ci --ignore-scripts` installs those without a build.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { addonOf, buildAddon } from "./addon.mjs";

const { platformOf } = createRequire(import.meta.url)("../lib/wire/platforms.cjs");
const platform = platformOf();

if (!buildAddon(platform)) {
  if (existsSync(addonOf(platform))) {
    console.error(`chimeline: there is no cargo to build the native module anew; ${addonOf(platform)} stays`);
  } else {
    console.error(
      "chimeline: installed from its source, which takes Rust 1.94 or later (cargo, see https://rustup.rs) and a C compiler to build the native module; " +
        "no cargo is in the PATH. Install them, or the published package: npm install chimeline",
    );
    process.exit(1);
  }
}
