// `npm start`: builds what changed, then runs a whole Aloha on this machine with an example in it.
import { build } from "./lib/build.mjs";
import { runInForeground } from "./lib/run-in-foreground.mjs";

await build({ project: "packages/cli" });
process.stderr.write("start   aloha dev --example (Ctrl-C ends it)\n");
runInForeground(process.execPath, [
  "packages/cli/bin/aloha.js",
  "dev",
  "--example",
  ...process.argv.slice(2),
]);
