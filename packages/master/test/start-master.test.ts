import { stat } from "node:fs/promises";
import { join } from "node:path";
import { masterEndpointName, workerProtocolVersion } from "@aloha/core";
import { formatRpcUrl, RpcEnv, tcpTransport } from "@aloha/rpc";
import { expect, onTestFinished, test } from "vitest";
import { masterProtocol } from "../src/endpoint.ts";
import { openTables } from "../src/persistence/file-system/store-tables.ts";
import { temporaryDirectory } from "./fixtures.ts";
import { neverElected, runningMaster, testRuntime, type TestMaster } from "./running-master.ts";

async function submit({ url }: TestMaster, name: string): Promise<Response> {
  return fetch(`${url}/api/v1/applications`, {
    method: "POST",
    body: JSON.stringify({ name, entryPoint: "shell", requestId: name }),
  });
}

test("it leads when it has started, and its end says that it was asked to stop", async () => {
  const { master } = await runningMaster();
  expect(["RECOVERING", "ALIVE"]).toContain(master.phase);
  await master.stop();
  await master.stop();
  expect(await master.ended).toEqual({ kind: "stopped" });
  expect(master.phase).toBe("STOPPED");
});

test("what was accepted is there after a restart, with its requestId, and the epoch is higher", async () => {
  const recoveryDirectory = await temporaryDirectory();
  const first = await runningMaster({ recoveryMode: "FILESYSTEM", recoveryDirectory });
  const { id } = (await (await submit(first, "job")).json()) as { readonly id: string };
  await first.master.stop();
  const second = await runningMaster({ recoveryMode: "FILESYSTEM", recoveryDirectory });
  const read = await fetch(`${second.url}/api/v1/applications/${id}`);
  expect(await read.json()).toMatchObject({ id, name: "job", state: "SUBMITTED" });
  expect(read.headers.get("aloha-epoch")).toBe("2");
  const again = await submit(second, "job");
  expect(again.status).toBe(200);
  expect(await again.json()).toEqual({ id, duplicate: true });
  const next = (await (await submit(second, "other")).json()) as { readonly id: string };
  expect(next.id).not.toBe(id);
});

test("recovery mode NONE is another cluster after every start", async () => {
  const clusters: unknown[] = [];
  for (let start = 0; start < 2; start++) {
    const { url, master } = await runningMaster();
    clusters.push(
      ((await (await fetch(`${url}/api/v1/overview`)).json()) as { readonly clusterId: string })
        .clusterId,
    );
    await master.stop();
  }
  expect(new Set(clusters).size).toBe(2);
});

test("a second master on the same directory does not start, and frees its ports", async () => {
  const recoveryDirectory = await temporaryDirectory();
  const { master } = await runningMaster({ recoveryMode: "FILESYSTEM", recoveryDirectory });
  await expect(
    runningMaster({ recoveryMode: "FILESYSTEM", recoveryDirectory }),
  ).rejects.toMatchObject({
    code: "store-locked",
    message: expect.stringContaining(
      `pid ${process.pid}, aloha master at 127.0.0.1:${master.address.port}`,
    ) as string,
  });
});

test("a port that is taken is said with who has it and what to set", async () => {
  const { master } = await runningMaster();
  const who = new RegExp(`Port [0-9]+ for .* is used by pid ${process.pid} \\(.*\\)`);
  await expect(runningMaster({ port: master.address.port })).rejects.toMatchObject({
    message: expect.stringMatching(new RegExp(`${who.source}.*aloha\\.master\\.port`)) as string,
  });
  await expect(
    runningMaster({ rest: { host: "127.0.0.1", port: master.restAddress?.port ?? 0 } }),
  ).rejects.toMatchObject({
    message: expect.stringMatching(
      new RegExp(`${who.source}.*aloha\\.master\\.rest\\.port`),
    ) as string,
  });
});

test("a master whose store has another leader steps down: nothing is answered any more, and its end says why", async () => {
  const recoveryDirectory = await temporaryDirectory();
  const running = await runningMaster({ recoveryMode: "FILESYSTEM", recoveryDirectory });
  const foreign = openTables(join(recoveryDirectory, "data.mdb"));
  const cluster = foreign.cluster.get("cluster")!;
  await foreign.cluster.put("cluster", { ...cluster, epoch: { number: 99, nonce: "another" } });
  const answer = await submit(running, "job");
  expect(answer.status).toBe(503);
  expect(await running.master.ended).toMatchObject({
    kind: "failed",
    error: { code: "not-leader" },
  });
  expect(running.master.phase).toBe("STANDBY");
  expect((await fetch(`${running.url}/readyz`)).status).toBe(503);
  expect(foreign.live.getKeysCount({})).toBe(0);
  await foreign.root.close();
});

test("a master that does not lead denies it with the nonce of whoever asks", async () => {
  const { master } = await runningMaster({ election: neverElected });
  const env = await RpcEnv.start({
    name: "test",
    runtime: testRuntime(),
    transport: tcpTransport(),
  });
  onTestFinished(() => env.stop());
  const ref = env.ref(formatRpcUrl(masterEndpointName, master.address), masterProtocol);
  const denial = { kind: "not-leader", nonce: "n-7", state: "STANDBY", leader: null };
  expect(await ref.ask({ kind: "probe", workerId: "w", nonce: "n-7" })).toEqual(denial);
  const register = {
    kind: "register",
    version: workerProtocolVersion,
    workerId: "w",
    hostId: "h",
    bootId: "b",
    incarnation: 1,
    epochSeen: null,
    clusterIdSeen: null,
    nonce: "n-7",
    address: { host: "127.0.0.1", port: 1 },
    milliCores: 1,
    memoryMiB: 1,
    containment: "group",
    guarded: false,
    resources: {},
    labels: {},
    softwareVersion: "1",
  } as const;
  expect(await ref.ask(register)).toEqual(denial);
});

test("a leader answers a probe, and refuses a message that is not well-formed", async () => {
  const { master } = await runningMaster();
  const env = await RpcEnv.start({
    name: "test",
    runtime: testRuntime(),
    transport: tcpTransport(),
  });
  onTestFinished(() => env.stop());
  const ref = env.ref(formatRpcUrl(masterEndpointName, master.address), masterProtocol);
  expect(await ref.ask({ kind: "probe", workerId: "w", nonce: "n-7" })).toMatchObject({
    kind: "leading",
    nonce: "n-7",
    epoch: { number: 1 },
  });
  await expect(ref.ask({ kind: "probe", workerId: "", nonce: "n-7" })).rejects.toMatchObject({
    code: "bad-message",
  });
});

test("it runs without HTTP", async () => {
  const { master } = await runningMaster({ rest: null });
  expect(master.restAddress).toBeNull();
});

test("a recovery directory that is missing is made", async () => {
  const recoveryDirectory = join(await temporaryDirectory(), "some", "where");
  const { master } = await runningMaster({ recoveryMode: "FILESYSTEM", recoveryDirectory });
  await master.stop();
  expect((await stat(recoveryDirectory)).mode & 0o777).toBe(0o700);
});
