import { silentLogger } from "@aloha/runtime";
import type { Runtime } from "@aloha/runtime";
import { SeededRandom, SimulatedTime } from "@aloha/runtime/memory";
import { systemClock, systemRandom, systemTimers } from "@aloha/runtime/node";
import { defineProtocol, RpcEnv } from "@aloha/rpc";
import type { Endpoint, Exchange, Protocol, RpcEnvOptions, RpcRef, Transport } from "@aloha/rpc";

/** A protocol for the tests: something to ask, something to send, and a message that holds a reference. */
export type Echo = {
  readonly echo: Exchange<
    { readonly kind: "echo"; readonly text: string },
    { readonly text: string }
  >;
  readonly note: Exchange<{ readonly kind: "note"; readonly text: string }>;
  readonly callBack: Exchange<
    { readonly kind: "callBack"; readonly to: RpcRef<Echo>; readonly text: string },
    string
  >;
};

export const echoProtocol: Protocol<Echo> = defineProtocol<Echo>({
  name: "echo",
  kinds: {
    echo: { check: hasText, checkReply: hasText },
    note: { check: hasText },
    callBack: { check: hasText },
  },
});

export function hasText(value: unknown): string | undefined {
  const isSound =
    typeof value === "object" &&
    value !== null &&
    "text" in value &&
    typeof value.text === "string";
  return isSound ? undefined : "text is missing";
}

export const systemRuntime: Runtime = {
  clock: systemClock(),
  timers: systemTimers,
  random: systemRandom,
  logger: silentLogger,
};

export const LOOPBACK = { host: "127.0.0.1", port: 0 } as const;

/** Starts environments and stops them all at the end of a test. */
export class Envs {
  readonly #started: RpcEnv[] = [];

  async start(transport: Transport, options: Partial<RpcEnvOptions> = {}): Promise<RpcEnv> {
    const env = await RpcEnv.start({ name: "test", runtime: systemRuntime, transport, ...options });
    this.#started.push(env);
    return env;
  }

  listen(transport: Transport, options: Partial<RpcEnvOptions> = {}): Promise<RpcEnv> {
    return this.start(transport, { listen: LOOPBACK, ...options });
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((env) => env.stop()));
  }
}

/** Echoes, and keeps what was sent. */
export class EchoEndpoint implements Endpoint<Echo> {
  readonly notes: string[] = [];
  readonly events: string[] = [];

  receive(...[message, context]: Parameters<Endpoint<Echo>["receive"]>): void | Promise<void> {
    switch (message.kind) {
      case "echo":
        return context.reply({ text: message.text });
      case "note":
        this.notes.push(message.text);
        return undefined;
      case "callBack":
        return message.to
          .ask({ kind: "echo", text: message.text })
          .then((answer) => context.reply(`called back: ${answer.text}`));
    }
  }
}

/** Waits until `fact` holds; the test's own time limit ends a wait in vain. */
export async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise((resolve) => setImmediate(resolve));
}

/** A promise and its resolver. */
export class Gate {
  open: () => void = () => undefined;
  readonly opened: Promise<void> = new Promise((resolve) => {
    this.open = () => resolve();
  });
}

/** A simulated clock for several environments, whose time passes in small steps with promises settling in between. */
export class Simulation {
  readonly time = new SimulatedTime();
  readonly runtime: Runtime = {
    clock: this.time,
    timers: this.time,
    random: new SeededRandom(1),
    logger: silentLogger,
  };

  async pass(durationMs: number, stepMs = 10): Promise<void> {
    for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
      this.time.advance(stepMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets time pass until `promise` is settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false };
    const mark = (): void => {
      state.settled = true;
    };
    promise.then(mark, mark);
    while (!state.settled) await this.pass(10);
    return promise;
  }
}
