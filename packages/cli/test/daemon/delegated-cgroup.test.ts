import { expect, it } from "vitest";
import { delegatedCgroup } from "../../src/daemon/delegated-cgroup.ts";

const unit = "/sys/fs/cgroup/system.slice/aloha-supervisor.service";

it("is the unit's own where the supervisor stands in its subgroup, with the controllers handed on", () => {
  const enabled: (readonly [string, string])[] = [];
  expect(
    delegatedCgroup(`${unit}/supervisor`, (file, controller) => enabled.push([file, controller])),
  ).toBe(unit);
  expect(enabled).toEqual([
    [`${unit}/cgroup.subtree_control`, "+memory"],
    [`${unit}/cgroup.subtree_control`, "+cpu"],
  ]);
});

it.each([
  null,
  unit,
  "/sys/fs/cgroup",
  "/sys/fs/cgroup/user.slice/session-1.scope/supervisor",
  `${unit}/worker`,
])("is none for a supervisor in %s", (own) => {
  const enable = (): never => {
    throw new Error("nothing is to be changed");
  };
  expect(delegatedCgroup(own, enable)).toBeNull();
});
