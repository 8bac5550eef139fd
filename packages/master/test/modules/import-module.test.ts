import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { ModuleDirectories } from "../../src/modules/import-module.ts";
import { parseModuleReference } from "../../src/modules/module-reference.ts";
import { temporaryDirectory } from "../fixtures.ts";

const built = fileURLToPath(new URL("../../dist/modules/import-module.js", import.meta.url));

/** In a process of its own, with Node's loader instead of the test runner's: gives the export `answer`, or the error. */
async function imported(text: string, directories: ModuleDirectories): Promise<string> {
  const reference = parseModuleReference(text, "key");
  const script = `
    const { importModule } = await import(${JSON.stringify(built)});
    await importModule(${JSON.stringify(reference)}, ${JSON.stringify(directories)}).then(
      (module) => console.log(module.answer),
      (error) => console.log(error.code + ": " + error.message));`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: "/" });
  return stdout.trim();
}

async function directories(): Promise<ModuleDirectories> {
  const directory = await temporaryDirectory();
  const home = join(directory, "home");
  const workingDirectory = join(directory, "project/inner");
  await mkdir(workingDirectory, { recursive: true });
  await mkdir(home);
  return { home, workingDirectory };
}

async function installPackage(directory: string, name: string, source: string): Promise<void> {
  const place = join(directory, "node_modules", name);
  await mkdir(place, { recursive: true });
  // For imports only, as many packages are by now.
  const manifest = { name, type: "module", exports: { ".": { import: "./main.js" } } };
  await writeFile(join(place, "package.json"), JSON.stringify(manifest));
  await writeFile(join(place, "main.js"), source);
}

test("a path is that of a file, relative to the working directory", async () => {
  const where = await directories();
  await writeFile(join(where.workingDirectory, "a b#c.mjs"), "export const answer = 'file';");
  await writeFile(join(where.workingDirectory, "common.cjs"), "exports.answer = 'common';");
  expect(await imported("./a b#c.mjs#answer", where)).toBe("file");
  expect(await imported(join(where.workingDirectory, "common.cjs"), where)).toBe("common");
  expect(await imported("../inner/common.cjs", where)).toBe("common");
});

test("a package is found from the working directory upwards, then from ALOHA_HOME", async () => {
  const where = await directories();
  await installPackage(
    join(where.workingDirectory, ".."),
    "@team/near",
    "export const answer = 'near';",
  );
  await installPackage(where.home, "far", "export const answer = 'far';");
  await installPackage(where.home, "@team/near", "export const answer = 'wrong';");
  expect(await imported("@team/near", where)).toBe("near");
  expect(await imported("far", where)).toBe("far");
});

test("what is not there is said with the places that were looked at", async () => {
  const where = await directories();
  expect(await imported("./nowhere.mjs", where)).toBe(
    `invalid-argument: ./nowhere.mjs cannot be loaded: ${where.workingDirectory}/nowhere.mjs: there is no such file.`,
  );
  expect(await imported(".", where)).toContain("it is not a file");
  await writeFile(join(where.workingDirectory, "near.mjs"), "");
  expect(await imported("near.mjs", where)).toBe(
    `invalid-argument: near.mjs cannot be loaded: there is no package near.mjs in node_modules of ${where.workingDirectory} or ${where.home}, or above them. If the file is meant, write ./near.mjs.`,
  );
  expect(await imported("node:fs", where)).toContain("there is no package node:fs");
  expect(await imported("data:text/javascript,export const answer = 1", where)).toContain(
    "there is no package",
  );
  await writeFile(join(where.workingDirectory, "broken.mjs"), "import 'not-there';");
  expect(await imported("./broken.mjs", where)).toContain("Cannot find package 'not-there'");
  await writeFile(join(where.workingDirectory, "syntax.mjs"), "export {");
  expect(await imported("./syntax.mjs", where)).toContain("SyntaxError");
});

test("a reference is a module and, after the last #, an export", () => {
  expect(parseModuleReference("./a#b.mjs#C", "key")).toEqual({
    text: "./a#b.mjs#C",
    specifier: "./a#b.mjs",
    exportName: "C",
  });
  expect(parseModuleReference("pkg", "key").exportName).toBeNull();
  for (const text of ["", "#X", "pkg#"]) {
    expect(() => parseModuleReference(text, "aloha.x")).toThrow("aloha.x:");
  }
});
