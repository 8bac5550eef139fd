import { rm, symlink } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { workerEndpointName, type LogReply, type ReadLog } from "@aloha/core";
import type { RpcRef } from "@aloha/rpc";
import { workerProtocol, type WorkerProtocol } from "../src/protocols.ts";
import { WorkerFixture, key, launch } from "./worker-fixture.ts";

async function startReader(fixture: WorkerFixture): Promise<RpcRef<WorkerProtocol>> {
  const { address } = await fixture.start();
  return fixture.master.rpc.ref({ name: workerEndpointName, address }, workerProtocol);
}

function ask(ref: RpcRef<WorkerProtocol>, changes: Partial<ReadLog>): Promise<LogReply> {
  return ref.ask({
    kind: "read-log",
    attempt: key(1),
    stream: "stdout",
    offset: 0,
    maxBytes: 65_536,
    waitMs: 0,
    ...changes,
  });
}

function text(reply: LogReply): string {
  return reply.kind === "log-chunk" ? Buffer.from(reply.bytes).toString() : reply.message;
}

describe("the output of an attempt", () => {
  it("is read from any offset, also counted from its end, and said to be complete", async () => {
    await using fixture = await WorkerFixture.create();
    const reader = await startReader(fixture);
    fixture.master.direct(launch(key(1), "printf 0123456789"));
    await fixture.master.report(key(1), "ended");
    const whole = await ask(reader, {});
    expect(text(whole)).toBe("0123456789");
    expect(whole).toMatchObject({ offset: 0, firstOffset: 0, sizeBytes: 10, complete: true });
    expect(text(await ask(reader, { offset: 4, maxBytes: 3 }))).toBe("456");
    expect(await ask(reader, { offset: -3 })).toMatchObject({ offset: 7, complete: true });
    expect(text(await ask(reader, { offset: -100 }))).toBe("0123456789");
    expect(await ask(reader, { offset: 50 })).toMatchObject({ sizeBytes: 10, complete: true });
  });

  it("is waited for when there is none yet", async () => {
    await using fixture = await WorkerFixture.create();
    const reader = await startReader(fixture);
    fixture.master.direct(launch(key(1), "mkfifo gate; read line < gate; echo opened; sleep 600"));
    await fixture.master.report(key(1), "started");
    const waiting = ask(reader, { waitMs: 5_000 });
    fixture.master.direct(
      launch(
        key(2),
        "until [ -p ../app-20260101000000-0001/gate ]; do sleep 0.01; done; echo go > ../app-20260101000000-0001/gate",
      ),
    );
    expect(text(await waiting)).toBe("opened\n");
  });

  it("ends a wait when the attempt ends", async () => {
    await using fixture = await WorkerFixture.create();
    const reader = await startReader(fixture);
    fixture.master.direct(launch(key(1), "sleep 0.3"));
    await fixture.master.report(key(1), "started");
    const reply = await ask(reader, { waitMs: 8_000 });
    expect(reply).toMatchObject({ sizeBytes: 0, complete: true });
  });

  it("of an earlier attempt is found after another one began", async () => {
    await using fixture = await WorkerFixture.create();
    const reader = await startReader(fixture);
    for (const number of [1, 2]) {
      fixture.master.direct(launch(key(1, number), `echo ${number}`));
      await fixture.master.report(key(1, number), "ended");
    }
    expect(text(await ask(reader, { attempt: key(1, 1) }))).toBe("1\n");
    expect(text(await ask(reader, { attempt: key(1, 2) }))).toBe("2\n");
  });

  it("that is not there is said to be gone", async () => {
    await using fixture = await WorkerFixture.create();
    const reader = await startReader(fixture);
    const reply = await ask(reader, {});
    expect(reply.kind).toBe("log-unavailable");
    expect(text(reply)).toContain("attempt 1 of app-20260101000000-0001 is not on this worker");
  });

  it("is not read through a link that the application put in its place", async () => {
    await using fixture = await WorkerFixture.create();
    const reader = await startReader(fixture);
    fixture.master.direct(launch(key(1), "echo mine"));
    await fixture.master.report(key(1), "ended");
    const path = fixture.path("app-20260101000000-0001", "stdout");
    await rm(path);
    await symlink("/etc/hostname", path);
    expect(text(await ask(reader, {}))).toContain("not a plain file");
  });
});
