import { existsSync } from "node:fs";
import { join } from "node:path";
import { capture, root } from "../lib/run.mjs";
import { filesUnder, workspacePackages } from "./workspace.mjs";

const COMPILER = join(root, "node_modules/typescript/bin/tsc");

/** @returns {Promise<string[]>} what the compiler says: everything built anew, then all that is not built */
export async function checkTypes() {
  const built = await compile(["-b", "--force"]);
  if (built.length > 0) return built;
  const projects = [...workspacePackages().map(({ directory }) => `${directory}/test`), "test"];
  const problems = [];
  for (const project of projects) {
    if (filesUnder(project, /\.tsx?$/).length === 0) continue;
    if (existsSync(join(root, project, "tsconfig.json"))) {
      problems.push(...(await compile(["-p", project])));
    } else {
      problems.push(`${project}: has no tsconfig.json, so its tests are not type-checked`);
    }
  }
  return problems;
}

async function compile(args) {
  const { code, stdout, stderr } = await capture(process.execPath, [COMPILER, ...args]);
  return code === 0 ? [] : [`tsc ${args.join(" ")}\n${stdout}${stderr}`];
}
