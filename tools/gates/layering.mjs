import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { root } from "../lib/run.mjs";
import { filesUnder, readJson, workspacePackages } from "./workspace.mjs";

/**
 * The arrows of DESIGN.md, section 2: what each package may depend on. They point down only, so the
 * first entry depends on nothing and each later one on earlier ones.
 */
const ARROWS = {
  core: [],
  runtime: [],
  rpc: ["runtime"],
  zookeeper: ["runtime"],
  sdk: ["core"],
  host: ["core", "runtime", "sdk"],
  api: ["core"],
  supervisor: ["core", "runtime"],
  master: ["core", "runtime", "rpc", "zookeeper", "sdk", "api"],
  worker: ["core", "runtime", "rpc", "sdk", "host", "supervisor"],
  cli: ["core", "runtime", "sdk", "api", "supervisor", "master", "worker"],
  web: ["api"],
  simulation: [
    "core",
    "runtime",
    "rpc",
    "zookeeper",
    "sdk",
    "host",
    "api",
    "supervisor",
    "master",
    "worker",
  ],
};

const SCOPE = "@aloha/";

/** @returns {string[]} every place where manifests, project references or imports leave the arrows */
export function checkLayering() {
  const packages = workspacePackages();
  const exported = new Map(packages.map(({ name, manifest }) => [name, manifest.exports ?? {}]));
  return [
    ...packages.flatMap((workspacePackage) => checkPackage(workspacePackage, exported)),
    ...checkRootReferences(packages),
  ];
}

function checkPackage({ name, directory, manifest }, exported) {
  const short = name.slice(SCOPE.length);
  const arrows = ARROWS[short];
  if (arrows === undefined) return [`${directory}: ${name} is not in the table of arrows`];
  const declared = Object.keys(manifest.dependencies ?? {})
    .filter((dependency) => dependency.startsWith(SCOPE))
    .map((dependency) => dependency.slice(SCOPE.length));
  return [
    ...declared
      .filter((dependency) => !arrows.includes(dependency))
      .map((dependency) => `${directory}: ${short} may not depend on ${dependency}`),
    ...compareReferences(directory, declared),
    ...checkImports(directory, name, declared, exported),
    ...checkHouseRules(directory),
  ];
}

/** Project references and manifest must name the same packages, or the build order is luck. */
function compareReferences(directory, declared) {
  const config = join(directory, "tsconfig.json");
  if (!existsSync(join(root, config))) return [`${directory}: has no tsconfig.json`];
  const referenced = (readJson(config).references ?? [])
    .map(({ path }) => /^\.\.\/([^/]+)$/.exec(path)?.[1])
    .filter((reference) => reference !== undefined);
  return [
    ...declared
      .filter((dependency) => !referenced.includes(dependency))
      .map((dependency) => `${config}: no reference to ${dependency}, which package.json names`),
    ...referenced
      .filter((reference) => !declared.includes(reference))
      .map((reference) => `${config}: references ${reference}, which package.json does not name`),
  ];
}

function checkImports(directory, name, declared, exported) {
  return sourcesOf(directory).flatMap((path) =>
    importsOf(path).flatMap(({ specifier, typeOnly }) => {
      if (specifier.startsWith(SCOPE)) {
        return checkPackageImport(path, specifier, name, declared, exported);
      }
      return specifier.startsWith(".") ? checkRelative(path, specifier, typeOnly, directory) : [];
    }),
  );
}

function checkPackageImport(path, specifier, name, declared, exported) {
  const [, imported, subpath] = /^(@aloha\/[^/]+)(\/.*)?$/.exec(specifier) ?? [];
  if (imported === name) return [`${path}: imports its own package by name (${specifier})`];
  if (!declared.includes(imported.slice(SCOPE.length))) {
    return [`${path}: imports ${specifier}, which package.json does not name`];
  }
  return `.${subpath ?? ""}` in (exported.get(imported) ?? {})
    ? []
    : [`${path}: imports ${specifier}, which ${imported} does not export`];
}

/** Relative imports stay in the package; a `core` folder takes only types from outside itself. */
function checkRelative(path, specifier, typeOnly, directory) {
  const target = normalize(join(dirname(path), specifier));
  if (relative(join(directory, "src"), target).startsWith("..")) {
    return [`${path}: ${specifier} leaves the sources of the package`];
  }
  const core = join(directory, "src/core/");
  return path.startsWith(core) && !target.startsWith(core) && !typeOnly
    ? [`${path}: pure code imports ${specifier} from outside core/`]
    : [];
}

/** What no lint rule can say. */
function checkHouseRules(directory) {
  return sourcesOf(directory).flatMap((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const problems = [];
    if (/^export \* /m.test(text)) problems.push(`${path}: \`export *\`; name what is exported`);
    const isClock = path.startsWith("packages/runtime/src/node/");
    if (!isClock && /\bnew Date\(\)/.test(text)) {
      problems.push(`${path}: \`new Date()\` reads the clock; take the time from a Clock`);
    }
    return problems;
  });
}

function checkRootReferences(packages) {
  const referenced = readJson("tsconfig.json").references.map(({ path }) => normalize(path));
  return packages
    .filter(({ directory }) => !referenced.includes(directory))
    .map(({ directory }) => `tsconfig.json: no reference to ${directory}`);
}

function sourcesOf(directory) {
  return filesUnder(join(directory, "src"), /\.tsx?$/);
}

function importsOf(path) {
  const text = readFileSync(join(root, path), "utf8");
  const statements = text.matchAll(
    /^(?:import|export)(\s+type)?\s+(?:[\w$*{},\s]+\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm,
  );
  return [...statements].map(([, type, specifier, dynamic]) => ({
    specifier: specifier ?? dynamic,
    typeOnly: type !== undefined,
  }));
}
