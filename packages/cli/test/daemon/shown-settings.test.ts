import { resolveConfig } from "@aloha/core";
import type { ConfigKey } from "@aloha/core";
import { expect, test } from "vitest";
import { shownSettings } from "../../src/daemon/shown-settings.ts";

const token = {
  name: "aloha.test.token",
  doc: "A token.",
  type: "string",
  default: null,
  secret: true,
} as const satisfies ConfigKey;
const wait = {
  name: "aloha.test.wait",
  doc: "A wait.",
  type: "duration",
  bareUnit: "s",
  default: 90_000,
} as const satisfies ConfigKey;

function shown(entries: Readonly<Record<string, string>>): ReturnType<typeof shownSettings> {
  const layer = Object.entries(entries).map(([name, text]) => ({
    name,
    text,
    origin: { kind: "property" as const },
  }));
  const resolved = resolveConfig([[token], [wait]], [{ entries: layer }]);
  if (!resolved.ok) throw new Error("not resolved");
  return shownSettings(resolved.config, [[token, wait]]);
}

test("a secret is shown as stars, and that there is none as none", () => {
  expect(shown({ "aloha.test.token": "hunter2" })[0]).toEqual({
    name: "aloha.test.token",
    value: "********",
    origin: { kind: "property" },
    default: null,
  });
  expect(shown({})[0]).toMatchObject({ value: null, origin: { kind: "default" } });
});

test("values are shown as they may be written", () => {
  expect(shown({ "aloha.test.wait": "1.5h" })[1]).toMatchObject({ value: "90m", default: "90s" });
});

test("only the tables asked for are shown, and what belongs to extensions", () => {
  const resolved = resolveConfig([[token], [wait]], []);
  if (!resolved.ok) throw new Error("not resolved");
  expect(shownSettings(resolved.config, [[wait]]).map(({ name }) => name)).toEqual([wait.name]);
  expect(shown({ "aloha.x.mail.apiToken": "t", "aloha.x.mail.host": "h" }).slice(2)).toEqual([
    { name: "aloha.x.mail.apiToken", value: "********", origin: { kind: "property" } },
    { name: "aloha.x.mail.host", value: "h", origin: { kind: "property" } },
  ]);
});
