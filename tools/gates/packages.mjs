import { capture } from "../lib/run.mjs";
import { workspacePackages } from "./workspace.mjs";

const PACKED = /^(dist\/.+|bin\/.+|native\/.+|package\.json|README\.md|LICENSE|NOTICE)$/;
const NEVER_PACKED = /(\.tsbuildinfo|\.test\.[jt]s|\.test\.d\.ts)$/;

/** @returns {Promise<string[]>} what is wrong with the packages as a user would get them */
export async function checkPackages() {
  const published = workspacePackages().filter(({ manifest }) => manifest.private !== true);
  const problems = [];
  for (const workspacePackage of published) {
    problems.push(...(await checkContents(workspacePackage)));
    problems.push(...(await checkManifest(workspacePackage)));
  }
  return problems;
}

async function checkContents({ directory, manifest }) {
  const args = ["pack", "--dry-run", "--json", "--silent", `--workspace=${directory}`];
  const { code, stdout, stderr } = await capture("npm", args);
  if (code !== 0) return [`${directory}: npm pack failed: ${stderr.trim()}`];
  const answer = JSON.parse(stdout);
  // npm 12 answers by package name, earlier ones with a list.
  const [packed] = Array.isArray(answer) ? answer : Object.values(answer);
  const paths = packed.files.map(({ path }) => path);
  const strangers = paths.filter((path) => !PACKED.test(path) || NEVER_PACKED.test(path));
  return [
    ...strangers.map((path) => `${directory}: ${path} must not be in the package`),
    ...(paths.includes("dist/index.js") || manifest.exports === undefined
      ? []
      : [`${directory}: dist/index.js is missing from the package`]),
  ];
}

async function checkManifest({ directory }) {
  const { code, stdout, stderr } = await capture("tools/node_modules/.bin/publint", [
    "--strict",
    directory,
  ]);
  return code === 0 ? [] : [`${directory}: publint\n${stdout}${stderr}`];
}
