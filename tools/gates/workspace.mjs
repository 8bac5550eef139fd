import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "../lib/run.mjs";

/**
 * The packages of the workspace.
 * @returns {{ name: string, directory: string, manifest: Record<string, any> }[]} directory relative to the root
 */
export function workspacePackages() {
  return readdirSync(join(root, "packages"))
    .map((folder) => `packages/${folder}`)
    .filter((directory) => existsSync(join(root, directory, "package.json")))
    .map((directory) => {
      const manifest = readJson(join(directory, "package.json"));
      return { name: manifest.name, directory, manifest };
    });
}

/**
 * @param {string} path relative to the root
 * @returns {any}
 */
export function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

/**
 * The files under a directory, without those that are built or installed.
 * @param {string} directory relative to the root; may be missing
 * @param {RegExp} pattern what the path must match
 * @returns {string[]} paths relative to the root
 */
export function filesUnder(directory, pattern) {
  const start = join(root, directory);
  if (!existsSync(start)) return [];
  /** @type {string[]} */
  const found = [];
  const waiting = [start];
  for (const current of waiting) {
    for (const entry of readdirSync(current, { withFileTypes: true })) {
      if (entry.name === "node_modules" || entry.name === "dist" || entry.name === ".git") continue;
      const path = join(current, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else if (pattern.test(entry.name)) found.push(relative(root, path));
    }
  }
  return found.sort();
}
