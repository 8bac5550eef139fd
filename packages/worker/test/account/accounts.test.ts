import { expect, test } from "vitest";
import { Accounts } from "../../src/account/accounts.ts";
import type { AccountsOptions } from "../../src/account/accounts.ts";
import { readAccount } from "../../src/account/read-account.ts";

const etl = {
  name: "etl",
  uid: 1001,
  gid: 1001,
  groups: [1001, 27],
  home: "/home/etl",
  shell: "/bin/sh",
};

function accounts(options: Partial<AccountsOptions> = {}) {
  let nowMs = 0;
  let reads = 0;
  const read = (name: string) => {
    reads++;
    return Promise.resolve(name === "etl" ? etl : undefined);
  };
  const clock = { monotonicMs: () => nowMs };
  return {
    accounts: new Accounts({
      workerId: "w1",
      defaultUser: null,
      ownUid: 0,
      clock,
      read,
      ...options,
    }),
    pass: (ms: number) => {
      nowMs += ms;
    },
    reads: () => reads,
  };
}

test("without a user and without a default it is the worker's own account", async () => {
  expect(await accounts().accounts.resolve(null)).toEqual({ kind: "resolved", account: null });
});

test("the user of the description is stronger than the default of the worker", async () => {
  const { accounts: found } = accounts({ defaultUser: "nobody-here" });
  expect(await found.resolve("etl")).toEqual({ kind: "resolved", account: etl });
  expect(await found.resolve(null)).toMatchObject({ kind: "refused" });
  expect(await accounts({ defaultUser: "etl" }).accounts.resolve(null)).toMatchObject({
    account: etl,
  });
});

test("an unknown account is refused by name, and asked for again the next time", async () => {
  const { accounts: found, reads } = accounts();
  for (const _ of [1, 2]) {
    expect(await found.resolve("ghost")).toEqual({
      kind: "refused",
      message:
        "There is no account ghost on the host of worker w1. Make it there, or name another in user.",
    });
  }
  expect(reads()).toBe(2);
});

test("a worker without the rights of root runs what names its own account, and refuses others", async () => {
  expect(await accounts({ ownUid: 1001 }).accounts.resolve("etl")).toEqual({
    kind: "resolved",
    account: null,
  });
  expect(await accounts({ ownUid: 1000 }).accounts.resolve("etl")).toMatchObject({
    kind: "refused",
    message: expect.stringMatching(/runs as uid 1000 and cannot start anything as etl/) as unknown,
  });
});

test("a host that cannot tell is a refusal, not a crash", async () => {
  const read = () => Promise.reject(new Error("no directory service"));
  expect(await accounts({ read }).accounts.resolve("etl")).toMatchObject({
    kind: "refused",
    message: "Worker w1 cannot look up the account etl: no directory service",
  });
});

test("what was found is remembered for a minute", async () => {
  const { accounts: found, pass, reads } = accounts();
  await found.resolve("etl");
  pass(59_999);
  await found.resolve("etl");
  expect(reads()).toBe(1);
  pass(1);
  await found.resolve("etl");
  expect(reads()).toBe(2);
});

test("this host knows root by its name, and nobody by a number or a name that it has not", async () => {
  expect(await readAccount("root")).toMatchObject({ name: "root", uid: 0, gid: 0 });
  expect(await readAccount("0")).toBeUndefined();
  expect(await readAccount("no-such-account")).toBeUndefined();
});
