import { readFileSync } from "node:fs";
import { runDedicated } from "./dedicated/run-dedicated.ts";
import { decodeHostOrder } from "./host-order.ts";

// `node dedicated-main.js <file>`: runs the application that the order in that file names, and ends with it.
const [path = ""] = process.argv.slice(2);
runDedicated(decodeHostOrder(readFileSync(path, "utf8")));
