import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { aloha } from "./support/aloha.ts";
import { repository } from "./support/repository.ts";

const directory = join(repository, "systemd");
const units = readdirSync(directory);

/** The settings of a unit, by section and name. */
function read(unit: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, string[]>();
  let section = "";
  for (const line of readFileSync(join(directory, unit), "utf8").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const header = /^\[(\w+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      section = header;
      continue;
    }
    const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(line) ?? [];
    expect({ unit, line, name }).not.toMatchObject({ name: "" });
    settings.set(`${section}.${name}`, [...(settings.get(`${section}.${name}`) ?? []), value]);
  }
  return settings;
}

it("there is a unit for each daemon", () => {
  expect(units.toSorted()).toEqual([
    "aloha-master.service",
    "aloha-supervisor.service",
    "aloha-worker.service",
  ]);
});

it.each(units)("%s starts a command that there is, with options that it has", async (unit) => {
  const [start = ""] = read(unit).get("Service.ExecStart") ?? [];
  const [env, program, command = "", ...rest] = start.split(" ");
  expect([env, program]).toEqual(["/usr/bin/env", "aloha"]);
  expect(`aloha-${command}.service`).toBe(unit);
  const { stdout: help } = await aloha(["help", command]);
  for (const option of rest.filter((word) => word.startsWith("--"))) expect(help).toContain(option);
  const settings = rest.filter((word) => word.startsWith("-D")).map((word) => word.slice(2));
  const properties = settings.flatMap((setting) => ["-D", setting]);
  expect(await aloha(["config", "check", ...properties])).toMatchObject({ exitCode: 0 });
});

it("the supervisor outlives the worker's unit, in cgroups of its own", () => {
  const supervisor = read("aloha-supervisor.service");
  const worker = read("aloha-worker.service");
  expect(supervisor.get("Service.Delegate")).toEqual(["yes"]);
  expect(supervisor.get("Service.DelegateSubgroup")).toEqual(["supervisor"]);
  expect(supervisor.get("Service.KillMode")).toEqual(["process"]);
  expect(supervisor.get("Service.OOMPolicy")).toEqual(["continue"]);
  expect(supervisor.get("Service.Restart")).toEqual(["always"]);
  expect(worker.get("Service.ExecStart")?.[0]).toContain("-Daloha.supervisor.launch=false");
  expect(worker.get("Unit.Wants")?.[0]).toContain("aloha-supervisor.service");
  // That would stop the worker with the supervisor, and with a restart of it.
  for (const name of ["Unit.Requires", "Unit.BindsTo", "Unit.PartOf"])
    expect([supervisor.get(name), worker.get(name)]).toEqual([undefined, undefined]);
  // Both have to mean the same work directory.
  for (const name of ["Service.User", "Service.Environment", "Service.StateDirectory"])
    expect(supervisor.get(name)).toEqual(worker.get(name));
});
