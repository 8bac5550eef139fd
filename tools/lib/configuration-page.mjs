import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./run.mjs";

/** Where docs/configuration.md is made from the tables of keys; what stands outside is written by hand. */
export const BEGIN = "<!-- made from the tables of keys by `npm run docs`: from here -->";
export const END = "<!-- to here -->";

/** The parts of the page, in its order; a key belongs to the one that names the longest beginning of it. */
const GROUPS = [
  { title: "The master", prefixes: ["aloha.master."] },
  { title: "Recovery", prefixes: ["aloha.deploy."] },
  {
    title: "Workers, as the master sees them",
    prefixes: ["aloha.worker.timeout", "aloha.dead.worker.", "aloha.scheduler."],
  },
  { title: "Listeners", prefixes: ["aloha.extraListeners", "aloha.listeners."] },
  { title: "The worker", prefixes: ["aloha.worker.", "aloha.supervisor."] },
  { title: "Output of applications", prefixes: ["aloha.executor.logs."] },
  { title: "Cleanup", prefixes: ["aloha.worker.cleanup.", "aloha.worker.retainedApplications"] },
  { title: "Network", prefixes: ["aloha.network.", "aloha.rpc."] },
  { title: "Security", prefixes: ["aloha.security.", "aloha.rest."] },
];

/**
 * The page as it should be: `page` with what is between the two marks made anew. The packages must be built.
 * @param {string} page
 * @returns {Promise<string>}
 */
export async function renderConfigurationPage(page) {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`The page has no place between "${BEGIN}" and "${END}".`);
  const { configSchema } = await built("cli/dist/daemon/config-schema.js");
  const { formatConfigValue } = await built("core/dist/index.js");
  const tables = renderTables(configSchema.tables.flat(), formatConfigValue);
  return `${page.slice(0, begin)}${BEGIN}\n\n${tables}\n${page.slice(end)}`;
}

function built(path) {
  return import(pathToFileURL(join(root, "packages", path)).href);
}

function renderTables(keys, format) {
  const groups = new Map(GROUPS.map(({ title }) => [title, []]));
  for (const key of keys) groups.get(groupOf(key).title).push(row(key, format));
  return [...groups]
    .filter(([, rows]) => rows.length > 0)
    .map(([title, rows]) => `## ${title}\n\n${HEAD}\n${rows.join("\n")}\n`)
    .join("\n");
}

const HEAD = "| key | value | default | environment | meaning |\n|---|---|---|---|---|";

function groupOf({ name }) {
  const fit = ({ prefixes }) =>
    Math.max(...prefixes.map((prefix) => (name.startsWith(prefix) ? prefix.length : 0)));
  const group = GROUPS.toSorted((one, other) => fit(other) - fit(one))[0];
  if (fit(group) > 0) return group;
  throw new Error(`${name} belongs to no part of the page: see GROUPS in configuration-page.mjs.`);
}

function row(key, format) {
  const text = format(key, key.default);
  const cells = [
    `\`${key.name}\``,
    kindOf(key, format),
    text === "" ? "none" : `\`${text}\``,
    key.environment === undefined ? "" : `\`${key.environment}\``,
    key.doc,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

const NAMES = {
  duration: "time",
  bytes: "size",
  integer: "whole number",
  number: "number",
  boolean: "`true` or `false`",
  string: "text",
  list: "list",
};

function kindOf(key, format) {
  if (key.type === "choice") return key.choices.map((choice) => `\`${choice || '""'}\``).join(", ");
  const unit = key.bareUnit === undefined ? "" : ` in ${key.bareUnit}`;
  const words = Object.keys(key.words ?? {}).map((word) => `, \`${word}\``);
  return `${NAMES[key.type]}${unit}${words.join("")}${range(key, format)}`;
}

function range({ min, max, ...key }, format) {
  const [from, to] = [min, max].map((bound) =>
    bound === undefined ? undefined : `\`${format(key, bound)}\``,
  );
  if (from !== undefined && to !== undefined) return `, ${from} to ${to}`;
  if (from !== undefined) return `, at least ${from}`;
  return to === undefined ? "" : `, at most ${to}`;
}
