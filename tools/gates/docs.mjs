import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renderConfigurationPage } from "../lib/configuration-page.mjs";
import { root } from "../lib/run.mjs";

export const configurationPage = join(root, "docs/configuration.md");

/** @returns {Promise<string[]>} what of the documentation is not as the code that it is made from */
export async function checkDocs() {
  const page = readFileSync(configurationPage, "utf8");
  const wanted = await renderConfigurationPage(page);
  if (page === wanted) return [];
  const lines = page.split("\n");
  const stale = wanted.split("\n").findIndex((line, index) => line !== lines[index]);
  return [`docs/configuration.md:${stale + 1}: is not what the tables of keys say`];
}
