import { expect, test } from "vitest";
import { ApiError, masterUrl } from "../../src/client/index.ts";
import { client, fakeMaster, json, notLeader } from "./fake-master.ts";

const overview = { state: "ALIVE" };

test("the master that leads is found, and asked first from then on", async () => {
  const standby = await fakeMaster((_request, response) => notLeader(response));
  const leader = await fakeMaster((_request, response) => json(response, 200, overview));
  const aloha = client([standby.url, leader.url]);
  expect(await aloha.overview()).toEqual(overview);
  expect(await aloha.overview()).toEqual(overview);
  expect(standby.asked).toHaveLength(1);
  expect(leader.asked).toHaveLength(2);
});

test("the leader that a standby names is asked next", async () => {
  const leader = await fakeMaster((_request, response) => json(response, 200, overview));
  const second = await fakeMaster((_request, response) => notLeader(response));
  const first = await fakeMaster((_request, response) =>
    notLeader(response, { "aloha-leader": leader.url }),
  );
  await client([first.url, second.url, leader.url]).overview();
  expect(second.asked).toHaveLength(0);
});

test("a leader that is not among the masters is not followed, since a token goes nowhere else", async () => {
  const stranger = await fakeMaster((_request, response) => json(response, 200, overview));
  const first = await fakeMaster((_request, response) =>
    notLeader(response, { "aloha-leader": stranger.url }),
  );
  await expect(client([first.url]).overview()).rejects.toMatchObject({ code: "not-leader" });
  expect(stranger.asked).toHaveLength(0);
});

test("a master that is restarted is waited for", async () => {
  const first = await fakeMaster((_request, response) => json(response, 200, overview));
  const aloha = client([first.url], { patienceMs: 60_000 });
  await first.close();
  const asking = aloha.overview();
  const second = await fakeMaster(
    (_request, response) => json(response, 200, overview),
    first.port,
  );
  expect(await asking).toEqual(overview);
  expect(second.asked).toHaveLength(1);
});

test("an answer of a lower epoch than one seen is passed over", async () => {
  const old = await fakeMaster((_request, response) =>
    json(response, 200, { state: "old" }, { "aloha-epoch": "3" }),
  );
  const fresh = await fakeMaster((_request, response) =>
    json(response, 200, overview, { "aloha-epoch": "4" }),
  );
  const aloha = client([fresh.url, old.url]);
  await aloha.overview();
  await fresh.close();
  await expect(aloha.overview()).rejects.toMatchObject({
    code: "not-leader",
    details: [expect.anything(), expect.stringContaining("older leadership")],
  });
});

test("a refusal carries code, status and what the master said, and no other master is asked", async () => {
  const error = { code: "conflict", message: "requestId was used", details: ["one", "two"] };
  const first = await fakeMaster((_request, response) => json(response, 409, { error }));
  const second = await fakeMaster((_request, response) => json(response, 200, overview));
  const failure = await client([first.url, second.url])
    .submit({})
    .catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(ApiError);
  expect(failure).toMatchObject({
    code: "conflict",
    status: 409,
    message: "requestId was used",
    details: ["one", "two"],
    master: first.url,
  });
  expect(second.asked).toHaveLength(0);
});

test("something that is not a master is said to be none", async () => {
  const other = await fakeMaster((_request, response) =>
    response.writeHead(404).end("<html>nginx</html>"),
  );
  await expect(client([other.url]).overview()).rejects.toMatchObject({
    code: "internal",
    status: 404,
    message: expect.stringContaining("HTTP address of a master"),
  });
  const page = await fakeMaster((_request, response) =>
    response.writeHead(200).end("<html>hello</html>"),
  );
  await expect(client([page.url]).overview()).rejects.toMatchObject({
    message: expect.stringContaining("is not JSON"),
  });
});

test("a master that is down is said in words, with its address", async () => {
  const gone = await fakeMaster(() => undefined);
  await gone.close();
  await expect(client([gone.url]).overview()).rejects.toMatchObject({
    code: "unreachable",
    status: null,
    message: `${gone.url} cannot be reached: nothing listens there. Is the master running, and is this its HTTP address?`,
  });
});

test("a master that does not answer in time is passed over", async () => {
  const silent = await fakeMaster(() => undefined);
  const leader = await fakeMaster((_request, response) => json(response, 200, overview));
  expect(await client([silent.url, leader.url], { timeoutMs: 50 }).overview()).toEqual(overview);
  await expect(client([silent.url], { timeoutMs: 50 }).overview()).rejects.toMatchObject({
    code: "timeout",
  });
});

test("an aborted request rejects with the reason of its signal", async () => {
  const silent = await fakeMaster(() => undefined);
  const controller = new AbortController();
  const asking = client([silent.url]).overview({ signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(asking).rejects.toThrow("enough");
});

test("a submission without a requestId gets one, so that repeating it is safe; one that has its own keeps it", async () => {
  const master = await fakeMaster((_request, response) =>
    json(response, 201, { id: "app", duplicate: false }),
  );
  const aloha = client([master.url], { token: "secret" });
  await aloha.submit({ name: "a" });
  await aloha.submit({ name: "b", requestId: "mine" });
  expect(master.bodies).toEqual([
    { name: "a", requestId: "made-1" },
    { name: "b", requestId: "mine" },
  ]);
});

test("the token is sent with every request", async () => {
  const seen: unknown[] = [];
  const master = await fakeMaster((request, response) => {
    seen.push(request.headers.authorization);
    json(response, 200, overview);
  });
  await client([master.url], { token: "secret" }).overview();
  expect(seen).toEqual(["Bearer secret"]);
});

test("all pages of a list are read, short and empty ones too, up to the limit", async () => {
  const pages: Record<string, unknown> = {
    "": { applications: [{ id: "5" }, { id: "4" }], nextCursor: "4" },
    "4": { applications: [], nextCursor: "2" },
    "2": { applications: [{ id: "1" }], nextCursor: null },
  };
  const master = await fakeMaster((request, response) => {
    json(
      response,
      200,
      pages[new URL(request.url ?? "", "http://x").searchParams.get("cursor") ?? ""],
    );
  });
  const ids = async (limit?: number): Promise<string[]> => {
    const found: string[] = [];
    for await (const { id } of client([master.url]).listAll({
      state: ["RUNNING"],
      label: ["a=b", "c"],
      limit,
    }))
      found.push(id);
    return found;
  };
  expect(await ids()).toEqual(["5", "4", "1"]);
  expect(master.asked[0]).toBe(
    "GET /api/v1/applications?state=RUNNING&label=a%3Db&label=c&limit=500",
  );
  expect(await ids(2)).toEqual(["5", "4"]);
});

test("waiting for the end lets the master hold the answer, and asks again when it could not", async () => {
  const states = ["SUBMITTED", undefined, "FINISHED"];
  const master = await fakeMaster((_request, response) => {
    const state = states.shift();
    if (state !== undefined) json(response, 200, { state, attempt: 1 });
    else
      json(response, 429, { error: { code: "limit-exceeded", message: "Too many clients wait" } });
  });
  const ended = await client([master.url]).waitForEnd("app/1");
  expect(ended.state).toBe("FINISHED");
  expect(master.asked).toEqual(
    Array.from({ length: 3 }, () => "GET /api/v1/applications/app%2F1?waitMs=25000"),
  );
});

test("readiness is asked once and told, not thrown", async () => {
  const master = await fakeMaster((_request, response) =>
    json(response, 503, { state: "STANDBY", ready: false }),
  );
  expect(await client([master.url], { patienceMs: 60_000 }).ready()).toEqual({
    state: "STANDBY",
    ready: false,
  });
  expect(master.asked).toHaveLength(1);
});

test("addresses are read with and without a scheme, and what is none is refused", () => {
  expect(masterUrl("localhost:6066")).toBe("http://localhost:6066");
  expect(masterUrl("https://aloha.example/base/")).toBe("https://aloha.example/base");
  expect(() => masterUrl("aloha://127.0.0.1:7077")).toThrow("is not the HTTP address of a master");
  expect(() => masterUrl("::")).toThrow("is not the HTTP address of a master");
  expect(() => client([])).toThrow("No master is named");
});
