// `npm run sim -- ...`: builds what changed, then runs the simulator with the arguments given.
import { build } from "./lib/build.mjs";
import { runInForeground } from "./lib/run-in-foreground.mjs";

await build();
runInForeground(process.execPath, ["packages/simulation/dist/main.js", ...process.argv.slice(2)]);
