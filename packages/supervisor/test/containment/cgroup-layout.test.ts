import { expect, test } from "vitest";
import { readCgroupLayout } from "../../src/containment/cgroup-layout.ts";

const mount = (point: string, type: string, options: string): string =>
  `30 25 0:26 / ${point} rw,relatime shared:9 - ${type} ${type} ${options}`;

test("a pure v2 host has one hierarchy", () => {
  expect(readCgroupLayout(mount("/", "cgroup2", "rw"), "0::/usr")).toEqual({
    unified: "/usr",
    freezer: null,
    memory: null,
  });
});

test("a hybrid host has both, each with its own path, and controllers that share a mount", () => {
  const mounts = [
    mount("/", "cgroup2", "rw"),
    mount("/", "cgroup", "rw,cpu,cpuacct"),
    mount("/", "cgroup", "rw,freezer"),
  ].join("\n");
  expect(readCgroupLayout(mounts, "5:cpu,cpuacct:/usr\n3:freezer:/etc\n0::/")).toEqual({
    unified: "/",
    freezer: "/etc",
    memory: null,
  });
});

test("in a container whose path is not visible the mount itself is taken", () => {
  expect(readCgroupLayout(mount("/tmp", "cgroup2", "rw"), "0::/not/visible/here").unified).toBe(
    "/tmp",
  );
});

test("a host without cgroups has none", () => {
  expect(readCgroupLayout("", "")).toEqual({
    unified: null,
    freezer: null,
    memory: null,
  });
});
