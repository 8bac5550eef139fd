import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import { aloha } from "./support/aloha.ts";
import { Cluster } from "./support/cluster.ts";
import { freePort } from "./support/free-ports.ts";
import { http } from "./support/http.ts";

const waitMs = 30_000;

/** The environment of another host: nothing of the cluster's is there. */
function elsewhere(cluster: Cluster): Record<string, string> {
  return { ALOHA_MASTER_URL: cluster.url, ALOHA_HOME: join(cluster.directory, "elsewhere") };
}

it(
  "init makes a cluster that asks everybody for a proof, and lets in who has it",
  { timeout: 60_000 },
  async () => {
    await using cluster = await Cluster.start({ secured: true });
    expect(await cluster.aloha(["run", "--", "echo", "served"])).toMatchObject({
      exitCode: 0,
      stdout: "served\n",
    });
    const security = join(cluster.directory, "conf/security");
    for (const name of ["secret", "admin.token", "tokens.json"]) {
      expect((await stat(join(security, name))).mode & 0o777).toBe(0o600);
    }
    const token = (await readFile(join(security, "admin.token"), "utf8")).trim();
    expect(await readFile(join(security, "tokens.json"), "utf8")).not.toContain(token);

    expect((await http("GET", `${cluster.url}/healthz`)).status).toBe(200);
    const refused = await http("GET", `${cluster.url}/api/v1/applications`);
    expect(refused).toMatchObject({ status: 401 });
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    const submission = await http("POST", `${cluster.url}/v1/submissions/create`, {});
    expect(submission).toMatchObject({ status: 401 });
    expect(submission.json()).toMatchObject({ action: "ErrorResponse" });

    const stranger = await aloha(["ps"], { env: elsewhere(cluster) });
    expect(stranger).toMatchObject({ exitCode: 5, stdout: "" });
    expect(stranger.stderr).toContain("ALOHA_TOKEN");
    const guest = { ...elsewhere(cluster), ALOHA_TOKEN: token };
    expect((await aloha(["ps"], { env: guest })).exitCode).toBe(0);
    const file = await cluster.write("token", `${token}\n`);
    expect((await aloha(["ps", "--token-file", file], { env: elsewhere(cluster) })).exitCode).toBe(
      0,
    );
    for (const daemon of [cluster.master, cluster.worker]) expect(daemon.log).not.toContain(token);
  },
);

it(
  "a worker joins with the token of init, keeps it, and one without it is kept out",
  { timeout: 60_000 },
  async () => {
    await using cluster = await Cluster.start({ workers: 0, secured: true });
    const asked = await cluster.aloha(["init", "-o", "json"], {
      env: {
        ALOHA_HOME: cluster.directory,
        ALOHA_CONF_DIR: join(cluster.directory, "conf"),
      },
    });
    const { joinToken, created } = JSON.parse(asked.stdout) as {
      readonly joinToken: string;
      readonly created: boolean;
    };
    expect(created).toBe(false);
    const own = `-Daloha.security.directory=${join(cluster.directory, "secrets-of-worker")}`;
    await cluster.addWorker([own, "--join", joinToken]);
    expect(await cluster.aloha(["run", "--", "echo", "joined"])).toMatchObject({ exitCode: 0 });
    await cluster.worker.restart("SIGTERM");

    const outside = [
      ...["worker", "-h", "127.0.0.1", "-d", join(cluster.directory, "outsider")],
      ...["-c", "1", "-m", "64M", `aloha://127.0.0.1:${cluster.rpcPort}`],
    ];
    const outsider = cluster.startAloha(outside, {
      env: { ALOHA_HOME: elsewhere(cluster)["ALOHA_HOME"]!, ALOHA_CONF_DIR: "/nonexistent" },
    });
    await outsider.untilOutput(/secures its connections with/, waitMs);
    outsider.kill("SIGTERM");
    await outsider.result;
    expect((await cluster.get("/api/v1/workers")).json()).toMatchObject({
      workers: [{ id: cluster.worker.workerId }],
    });

    const cut = await aloha([...outside, "--join", joinToken.slice(0, -6)]);
    expect(cut).toMatchObject({ exitCode: 2 });
    expect(cut.stderr).toContain("not whole");
    expect(cut.stderr).not.toContain(joinToken.slice(20, 40));
  },
);

it("beyond loopback a worker without a secret does not listen, and says what to do", async () => {
  const outer = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4");
  const host = outer?.address ?? "192.0.2.1";
  const refused = await aloha(["worker", "-h", host, "aloha://127.0.0.1:1"], {
    env: { ALOHA_CONF_DIR: "/nonexistent" },
  });
  expect(refused).toMatchObject({ exitCode: 5, stdout: "" });
  expect(refused.stderr).toContain("aloha init");
});

it("secrets that others can read, or that are none, refuse the start", async () => {
  await using cluster = await Cluster.start({ workers: 0, secured: true });
  const secret = join(cluster.directory, "conf/security/secret");
  await cluster.master.stop();
  const start = async (): Promise<string> => {
    const { exitCode, stderr } = await cluster.aloha([
      ...["master", "-p", String(await freePort()), "--rest-port", String(await freePort())],
      ...["--recovery-directory", join(cluster.directory, "recovery")],
    ]);
    expect(exitCode).toBe(5);
    return stderr;
  };
  await chmod(secret, 0o644);
  expect(await start()).toContain("can be read by others");
  await chmod(secret, 0o600);
  await writeFile(secret, "not a secret\n");
  expect(await start()).toContain("does not hold a secret");
});
