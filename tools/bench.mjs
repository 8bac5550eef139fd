// `npm run bench -- ...`: builds what changed, then runs the benchmarks with the arguments given.
import { build } from "./lib/build.mjs";
import { runInForeground } from "./lib/run-in-foreground.mjs";

await build({ quiet: process.argv.includes("--json") });
runInForeground(process.execPath, ["bench/dist/main.js", ...process.argv.slice(2)]);
