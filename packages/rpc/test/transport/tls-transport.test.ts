import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { tcpTransport, tlsTransport } from "@aloha/rpc";
import type { TlsTransportOptions } from "@aloha/rpc";
import { EchoEndpoint, echoProtocol, Envs, LOOPBACK, until } from "../harness.ts";

/** A certificate authority in a directory of its own, made by openssl. */
class Authority {
  readonly #directory: string;
  readonly #name: string;

  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
    this.#openssl(
      "req",
      "-x509",
      ...KEY,
      "-nodes",
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.crt`,
      "-subj",
      `/CN=${name}`,
    );
  }

  /** A certificate for `commonName` on `addresses` (subjectAltName). */
  sign(commonName: string, addresses: string): TlsTransportOptions {
    const file = `${this.#name}-${commonName}`;
    this.#openssl(
      "req",
      "-new",
      ...KEY,
      "-nodes",
      "-keyout",
      `${file}.key`,
      "-out",
      `${file}.csr`,
      "-subj",
      `/CN=${commonName}`,
    );
    writeFileSync(join(this.#directory, `${file}.ext`), `subjectAltName=${addresses}\n`);
    const authority = [
      "-CA",
      `${this.#name}.crt`,
      "-CAkey",
      `${this.#name}.key`,
      "-CAcreateserial",
    ];
    this.#openssl(
      "x509",
      "-req",
      "-in",
      `${file}.csr`,
      ...authority,
      "-extfile",
      `${file}.ext`,
      "-out",
      `${file}.crt`,
    );
    const read = (suffix: string): string => readFileSync(join(this.#directory, suffix), "utf8");
    return { cert: read(`${file}.crt`), key: read(`${file}.key`), ca: read(`${this.#name}.crt`) };
  }

  #openssl(...args: readonly string[]): void {
    execFileSync("openssl", args, { cwd: this.#directory, stdio: "pipe" });
  }
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] as const;

describe("the TLS transport", () => {
  const envs = new Envs();
  let directory: string;
  let server: TlsTransportOptions;
  let client: TlsTransportOptions;
  let stranger: TlsTransportOptions;
  let elsewhere: TlsTransportOptions;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "aloha-rpc-tls-"));
    const ours = new Authority(directory, "ours");
    server = ours.sign("master", "IP:127.0.0.1");
    client = ours.sign("worker-7", "IP:127.0.0.1");
    elsewhere = ours.sign("elsewhere", "DNS:elsewhere.example");
    stranger = new Authority(directory, "theirs").sign("worker-7", "IP:127.0.0.1");
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  afterEach(() => envs.stopAll());

  it("shows each side who the other proved to be", async () => {
    const identities: (string | undefined)[] = [];
    const listening = await envs.listen(tlsTransport(server));
    const own = listening.register("echo", echoProtocol, {
      receive(message, context) {
        identities.push(context.connection.identity);
        if (message.kind === "echo") context.reply({ text: message.text });
      },
    });
    const dialling = await envs.start(tlsTransport(client));
    dialling.register("watcher", echoProtocol, {
      receive: () => undefined,
      onConnected: (connection) => identities.push(connection.identity),
    });
    const ref = await dialling.lookup(own.url, echoProtocol);
    const text = "x".repeat(500_000);
    expect(await ref.ask({ kind: "echo", text })).toEqual({ text });
    await until(() => identities.length === 2);
    expect(new Set(identities)).toEqual(new Set(["master", "worker-7"]));
  });

  it("refuses a peer whose certificate another authority signed", async () => {
    const listening = await envs.listen(tlsTransport(server));
    const own = listening.register("echo", echoProtocol, new EchoEndpoint());
    const dialling = await envs.start(tlsTransport({ ...stranger, ca: server.ca }));
    const asked = dialling.ref(own.url, echoProtocol).ask({ kind: "echo", text: "" });
    await expect(asked).rejects.toMatchObject({
      code: expect.stringMatching(/unauthenticated|disconnected|unreachable/),
    });
    expect(listening.stats().connections).toBe(0);
  });

  it("does not talk to a listener whose certificate another authority signed, or is for another host", async () => {
    for (const options of [stranger, elsewhere]) {
      const listening = await envs.listen(tlsTransport({ ...options, ca: client.ca }));
      const own = listening.register("echo", echoProtocol, new EchoEndpoint());
      const dialling = await envs.start(tlsTransport(client));
      const asked = dialling.ref(own.url, echoProtocol).ask({ kind: "echo", text: "" });
      await expect(asked).rejects.toMatchObject({ code: "unauthenticated" });
    }
    const named = await envs.listen(tlsTransport(elsewhere));
    const own = named.register("echo", echoProtocol, new EchoEndpoint());
    const dialling = await envs.start(tlsTransport({ ...client, serverName: "elsewhere.example" }));
    expect(
      await dialling.ref(own.url, echoProtocol).ask({ kind: "echo", text: "by name" }),
    ).toEqual({ text: "by name" });
  });

  it("neither takes plain connections nor makes them", async () => {
    const secure = await envs.listen(tlsTransport(server));
    const open = await envs.listen(tcpTransport());
    const toSecure = (await envs.start(tcpTransport())).ref(
      { name: "echo", address: secure.address ?? LOOPBACK },
      echoProtocol,
    );
    const toOpen = (await envs.start(tlsTransport(client))).ref(
      { name: "echo", address: open.address ?? LOOPBACK },
      echoProtocol,
    );
    for (const ref of [toSecure, toOpen]) {
      await expect(ref.ask({ kind: "echo", text: "" })).rejects.toMatchObject({
        code: expect.stringMatching(/unauthenticated|unreachable|disconnected/),
      });
    }
  });

  it("closes a connection that does not begin its TLS handshake in time", async () => {
    const listening = await envs.listen(tlsTransport({ ...server, handshakeTimeoutMs: 30 }));
    const socket = connect({ host: "127.0.0.1", port: listening.address?.port ?? 0 });
    socket.on("error", () => undefined).resume();
    await new Promise((resolve) => socket.once("close", resolve));
  });

  it("tells a refused connection apart", async () => {
    const listening = await envs.listen(tlsTransport(server));
    const address = listening.address ?? LOOPBACK;
    await listening.stop();
    const ref = (await envs.start(tlsTransport(client))).ref(
      { name: "echo", address },
      echoProtocol,
    );
    await expect(ref.ask({ kind: "echo", text: "" })).rejects.toMatchObject({ code: "refused" });
  });
});
