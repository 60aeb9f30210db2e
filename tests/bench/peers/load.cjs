// What the Node peers share: the options, the request, and the load.
"use strict";

const { readFileSync } = require("node:fs");
const path = require("node:path");

const options = JSON.parse(process.argv[2]);
const atOnce = options.at_once ?? 1;

exports.options = options;
exports.request = () => JSON.parse(readFileSync(path.join(__dirname, "..", "data", "request.json"), "utf8"));

exports.run = async (call) => {
  if (options.mode === "cold") return call();
  const work = async (calls) => {
    for (let left = calls; left > 0; left -= 1) await call();
  };
  const share = (total, at) => Math.floor(total / atOnce) + (at < total % atOnce ? 1 : 0);
  const phase = (total) => Promise.all(Array.from({ length: atOnce }, (_, at) => work(share(total, at))));
  await phase(options.warmup ?? 0);
  const [began, before] = [performance.now(), process.cpuUsage()];
  await phase(options.calls);
  const [took, { user, system }] = [performance.now() - began, process.cpuUsage(before)];
  const memory = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  const measures = {
    calls_a_second: (options.calls / took) * 1000,
    cpu_us: (user + system) / options.calls,
    memory_kb: memory,
  };
  console.log(JSON.stringify(measures));
};
