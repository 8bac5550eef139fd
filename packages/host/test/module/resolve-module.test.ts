import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveModule } from "../../src/index.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "aloha-modules-")));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text = ""): string {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  return join(root, path);
}

async function find(entryPoint: string, libs: readonly string[], roots = [root]): Promise<string> {
  const found = await resolveModule({ entryPoint, libs, roots });
  return found.kind === "resolved" ? `${found.path}#${found.exportName}` : found.message;
}

describe("a module is found", () => {
  it("as a file that is a lib, by its name with and without the extension", async () => {
    const file = write("orders.mjs");
    expect(await find("orders#A", [file])).toBe(`${file}#A`);
    expect(await find("orders.mjs#A", [file])).toBe(`${file}#A`);
    expect(await find("order#A", [file])).toContain("has no such module");
  });

  it("below a directory, with the extensions that Node runs, in this order", async () => {
    const common = write("apps/jobs/orders.cjs");
    expect(await find("jobs/orders#A", [join(root, "apps")])).toBe(`${common}#A`);
    const plain = write("apps/jobs/orders.js");
    expect(await find("jobs/orders#A", [join(root, "apps")])).toBe(`${plain}#A`);
  });

  it("in the first lib that has it", async () => {
    write("a/other.mjs");
    const second = write("b/orders.mjs");
    write("c/orders.mjs");
    const libs = ["a", "b", "c"].map((name) => join(root, name));
    expect(await find("orders#A", libs)).toBe(`${second}#A`);
  });

  it.each([
    ["exports", { exports: "./lib/main.js" }],
    [
      "the import condition",
      { exports: { ".": { require: "./no.cjs", import: "./lib/main.js" } } },
      "./no.cjs",
    ],
    ["nested conditions", { exports: { node: { import: "./lib/main.js" } } }],
    ["main", { main: "lib/main" }],
  ])("as a package, by its name, through %s", async (_, manifest, first?: string) => {
    write("app/package.json", JSON.stringify({ name: "@team/orders", ...manifest }));
    const main = write("app/lib/main.js");
    const expected = first === undefined ? main : write("app/no.cjs");
    expect(await find("@team/orders#A", [join(root, "app")])).toBe(`${expected}#A`);
  });

  it("as a directory with an index", async () => {
    const index = write("apps/orders/index.mjs");
    expect(await find("orders#A", [join(root, "apps")])).toBe(`${index}#A`);
  });

  it("under each root, where the lib is relative", async () => {
    const file = write("second/apps/orders.mjs");
    const roots = [join(root, "first"), join(root, "second")];
    expect(await find("orders#A", ["apps"], roots)).toBe(`${file}#A`);
  });

  it("anew when the file has changed", async () => {
    const file = write("orders.mjs", "1");
    const before = await resolveModule({ entryPoint: "orders#A", libs: [file], roots: [root] });
    write("orders.mjs", "22");
    const after = await resolveModule({ entryPoint: "orders#A", libs: [file], roots: [root] });
    expect(after).not.toEqual(before);
  });
});

describe("a module is not found", () => {
  it("outside of the roots, and the message says where they are", async () => {
    const file = write("elsewhere/orders.mjs");
    const roots = [join(root, "apps")];
    mkdirSync(roots[0]!);
    expect(await find("orders#A", [file], roots)).toContain(`not under ${roots[0]}`);
  });

  it("through a link that leads out of the roots", async () => {
    write("elsewhere/orders.mjs");
    mkdirSync(join(root, "apps"));
    symlinkSync(join(root, "elsewhere/orders.mjs"), join(root, "apps/orders.mjs"));
    const roots = [join(root, "apps")];
    expect(await find("orders#A", [join(root, "apps")], roots)).toContain("a link that leads out");
  });

  it("above its lib", async () => {
    write("orders.mjs");
    mkdirSync(join(root, "apps"));
    expect(await find("../orders#A", [join(root, "apps")])).toContain("has no such module");
  });

  it("where a package leads out of the roots", async () => {
    write("orders.mjs");
    write("apps/package.json", JSON.stringify({ name: "orders", main: "../orders.mjs" }));
    const roots = [join(root, "apps")];
    expect(await find("orders#A", [join(root, "apps")], roots)).toContain("leads out");
  });

  it("in a lib that does not exist, and every place that was tried is named", async () => {
    const message = await find("orders#A", ["/nowhere/a", "/nowhere/b"]);
    expect(message).toContain("/nowhere/a (does not exist); /nowhere/b (does not exist)");
  });
});
