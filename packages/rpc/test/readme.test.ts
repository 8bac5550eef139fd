import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const PACKAGE = fileURLToPath(new URL("../", import.meta.url));

it("shows an example in its README that compiles and says what it promises", () => {
  const readme = readFileSync(join(PACKAGE, "README.md"), "utf8");
  const example = /```ts\n(?<code>.*?)```/s.exec(readme)?.groups?.["code"] ?? "";
  const directory = mkdtempSync(join(PACKAGE, "dist", "readme-"));
  try {
    writeFileSync(join(directory, "example.ts"), example);
    const compilerOptions = { extends: "../../../../tsconfig.base.json", files: ["example.ts"] };
    const own = {
      composite: false,
      declaration: false,
      declarationMap: false,
      isolatedDeclarations: false,
      types: ["node"],
    };
    writeFileSync(
      join(directory, "tsconfig.json"),
      JSON.stringify({ ...compilerOptions, compilerOptions: own }),
    );
    const tsc = join(
      dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
      "bin",
      "tsc",
    );
    execFileSync(process.execPath, [tsc, "-p", directory], { stdio: "pipe" });
    const output = execFileSync(process.execPath, [join(directory, "example.js")], {
      encoding: "utf8",
    });
    expect(output).toBe("Hello, Ada\n");
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 30_000);
