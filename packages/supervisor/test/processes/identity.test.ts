import { chmodSync } from "node:fs";
import { expect, test } from "vitest";
import { SupervisedDirectory } from "./supervised-directory.ts";

/** Of an account that no host has: it may be anybody. */
const account = { uid: 54_321, gid: 54_322, groups: [54_322, 54_323] };

const ways: readonly (readonly [string, readonly string[]])[] = [
  ["from Node in a cgroup, where there are any", ["--spawner", "node", "--containment", "auto"]],
  ["from Node in a group", ["--spawner", "node", "--containment", "group"]],
  ["as the supervisor prefers", ["--containment", "auto"]],
];

test.each(ways)("a limit of open files holds for all of a tree (started %s)", async (_, way) => {
  await using host = new SupervisedDirectory(way);
  await host.start(1, ["sh", "-c", "ulimit -n; ulimit -Hn; sh -c 'ulimit -n'"], {
    openFilesMax: 321,
  });
  expect(await host.ended(1)).toMatchObject({ exitCode: 0 });
  expect(host.text(1)).toBe("321\n321\n321\n");
});

test.runIf(process.getuid?.() === 0).each(ways)(
  "a program runs as the account that is named, with its groups and no other, and can open its output (started %s)",
  async (_, way) => {
    await using host = new SupervisedDirectory(way);
    chmodSync(host.path, 0o711);
    await host.start(
      1,
      ["sh", "-c", "id -u; id -g; id -G; echo again > /dev/stdout; cat /etc/shadow; exit 5"],
      { account },
    );
    expect(await host.ended(1)).toMatchObject({ exitCode: 5 });
    expect(host.text(1)).toBe("54321\n54322\n54322 54323\nagain\n");
    expect(host.text(1, "stderr")).toContain("Permission denied");
  },
);
