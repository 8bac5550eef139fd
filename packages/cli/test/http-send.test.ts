import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { httpSend } from "../src/http-send.ts";

async function served(answer: (response: ServerResponse, body: string) => void): Promise<string> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => answer(response, body));
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const init = {
  method: "POST",
  headers: { "content-type": "application/json" },
  redirect: "error",
} as const;
const never = new AbortController().signal;

test("sends a body and reads the answer as JSON, text or bytes", async () => {
  const url = await served((response, body) =>
    response.writeHead(201, { "Aloha-Epoch": "3" }).end(JSON.stringify({ body })),
  );
  const send = (): ReturnType<typeof httpSend> =>
    httpSend(url, { ...init, body: "äöü", signal: never });
  const answer = await send();
  expect([answer.ok, answer.status, answer.headers.get("aloha-epoch")]).toEqual([true, 201, "3"]);
  expect(answer.headers.get("nothing")).toBeNull();
  expect(await answer.json()).toEqual({ body: "äöü" });
  expect(await (await send()).text()).toBe('{"body":"äöü"}');
  expect(Buffer.from(await (await send()).arrayBuffer()).toString()).toBe('{"body":"äöü"}');
});

test("does not follow a redirection, which could lead a token elsewhere", async () => {
  const url = await served((response) => response.writeHead(302, { location: "/other" }).end());
  expect(await httpSend(url, { ...init, signal: never })).toMatchObject({ ok: false, status: 302 });
});

test("a signal ends a request that waits and a body that is read, with its reason", async () => {
  const silent = await served(() => {});
  const late = new AbortController();
  const waiting = httpSend(silent, { ...init, signal: late.signal });
  late.abort(new DOMException("too late", "TimeoutError"));
  await expect(waiting).rejects.toMatchObject({ name: "TimeoutError" });

  const url = await served((response) => response.writeHead(200).write("first"));
  const enough = new AbortController();
  const { body } = await httpSend(url, { ...init, signal: enough.signal });
  const reader = body!.getReader();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe("first");
  const more = reader.read();
  enough.abort();
  await expect(more).rejects.toThrow("aborted");
});

test("a body that breaks off is an error, and so is a port where nobody listens", async () => {
  const url = await served((response) => {
    response.writeHead(200, { "content-length": "10" });
    response.write("half", () => response.destroy());
  });
  await expect((await httpSend(url, { ...init, signal: never })).text()).rejects.toThrow();
  await expect(httpSend("http://127.0.0.1:1/", { ...init, signal: never })).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
});
