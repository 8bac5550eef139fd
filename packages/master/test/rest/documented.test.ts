import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const sources = fileURLToPath(new URL("../../src/rest/", import.meta.url));
const page = readFileSync(new URL("../../../../docs/rest.md", import.meta.url), "utf8");

/** `GET /api/v1/applications/{id}`, ...: as they are registered in the sources. */
function routes(): readonly string[] {
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(sources, file), "utf8");
    const registered = [...text.matchAll(/app\.(get|post)(?:<\w+>)?\(["`]([^"`$]+)["`]/g)];
    return registered.map(([, method = "", path = ""]) => {
      const isRooted = path.startsWith("/v1/") || path.endsWith("z");
      const named = path.replace(/:(\w+)/g, "{$1}").replace(/(kill|status)\/\*$/, "$1/{id}");
      return `${method.toUpperCase()} ${isRooted ? "" : "/api/v1"}${named}`;
    });
  });
}

/** What stands for a path that lacks its id, or has more than an action needs. */
const incomplete: ReadonlySet<string> = new Set([
  "GET /v1/submissions/status",
  "POST /v1/submissions/kill",
  "POST /v1/submissions/create/*",
  "POST /v1/submissions/killall/*",
  "POST /v1/submissions/clear/*",
  "GET /v1/submissions/readyz/*",
]);

test("docs/rest.md names every route", () => {
  const all = routes().filter((route) => !incomplete.has(route));
  expect(all.length).toBeGreaterThan(15);
  expect(all).toContain("GET /api/v1/applications/{id}/attempts/{attempt}/logs/{stream}");
  expect(all).toContain("GET /v1/submissions/status/{id}");
  expect(all.filter((route) => !page.includes(`\`${route}\``))).toEqual([]);
});
