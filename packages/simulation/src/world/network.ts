import type { Host } from "./host.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { World } from "./world.ts";

/** How the network is at the moment. */
export interface Weather {
  readonly dropProbability: number;
  readonly duplicateProbability: number;
  readonly delayMs: { readonly min: number; readonly max: number };
}

export const fairWeather: Weather = {
  dropProbability: 0,
  duplicateProbability: 0,
  delayMs: { min: 0.1, max: 3 },
};

export type AskFailed = "refused" | "timeout" | "disconnected";

export type AskOutcome<Answer> =
  | { readonly kind: "answered"; readonly answer: Answer }
  | { readonly kind: "failed"; readonly reason: AskFailed };

/** One question, as whoever is asked sees it. */
export interface Call<Answer> {
  readonly from: string;
  answer(answer: Answer): void;
  /** Called if whoever asked stops waiting, as far as that can be known. */
  onAbandoned: (() => void) | null;
}

interface Listener<Message, Answer> {
  readonly process: SimulatedProcess;
  readonly receive: (message: Message, call: Call<Answer>) => void;
}

/** What lies between one process and one address: messages on it keep their order. */
interface Connection {
  readonly from: SimulatedProcess;
  readonly to: string;
  isOpen: boolean;
  readonly lastArrivalMs: { out: number; back: number };
  readonly closers: Set<() => void>;
}

/** How long it takes until the end of a connection is noticed. */
const closeNoticeMs = 20;

/**
 * Questions and answers between hosts, each at most once to the asker: an ask may be lost, delayed
 * or delivered twice, its answer may be lost, a connection may be reset, a direction between two hosts may
 * be cut. Order is kept within a connection and nowhere else.
 */
export class Network<Message, Answer> {
  readonly #world: World;
  readonly #listeners = new Map<string, Listener<Message, Answer>>();
  readonly #hosts = new Map<string, Host>();
  readonly #connections = new Set<Connection>();
  readonly #cut = new Map<string, number>();
  weather: Weather = fairWeather;

  constructor(world: World) {
    this.#world = world;
  }

  /** Says on which host an address is. */
  addAddress(address: string, host: Host): void {
    this.#hosts.set(address, host);
  }

  /** Listens until the process is gone. */
  listen(
    address: string,
    process: SimulatedProcess,
    receive: Listener<Message, Answer>["receive"],
  ): void {
    const listener = { process, receive };
    this.#listeners.set(address, listener);
    process.onDeath((cause) => {
      if (this.#listeners.get(address) === listener) this.#listeners.delete(address);
      for (const connection of this.#connections) {
        if (connection.to === address) this.#close(connection, cause);
      }
    });
  }

  /** Asks, and says once what came of it, as long as the asking process lives. */
  ask(
    from: SimulatedProcess,
    to: string,
    message: Message,
    timeoutMs: number,
    settled: (outcome: AskOutcome<Answer>) => void,
  ): void {
    const connection = this.#connect(from, to);
    const ask = new Ask<Answer>(settled);
    const fail = (reason: AskFailed): void => {
      if (ask.isSettled) return;
      timer.clear();
      connection.closers.delete(closer);
      ask.settle({ kind: "failed", reason });
    };
    const closer = (): void => from.run(() => fail("disconnected"));
    connection.closers.add(closer);
    const timer = from.after(timeoutMs, () => {
      if (ask.isSettled) return;
      fail("timeout");
      this.#carry(connection, "out", () => ask.abandon());
    });
    const succeed = (answer: Answer): void => {
      if (ask.isSettled) return;
      timer.clear();
      connection.closers.delete(closer);
      ask.settle({ kind: "answered", answer });
    };
    this.#carry(connection, "out", () => {
      const listener = this.#listeners.get(to);
      if (listener === undefined) {
        // A host that is down refuses nothing: it is silent.
        if (this.#hosts.get(to)?.isUp === true)
          this.#carry(connection, "back", () => from.run(() => fail("refused")));
        return;
      }
      const call = ask.deliver(from.name, (answer) =>
        this.#carry(connection, "back", () => from.run(() => succeed(answer))),
      );
      const abandon = (): void => listener.process.run(() => call.abandon());
      connection.closers.add(abandon);
      call.onOver = () => connection.closers.delete(abandon);
      listener.process.run(() => listener.receive(message, call));
    });
  }

  /** Ends the connections between two hosts, as a proxy or a firewall does. */
  reset(hostName: string): void {
    for (const connection of this.#connections) {
      if (connection.from.host.name === hostName) this.#close(connection, "killed");
    }
  }

  /** Lets nothing pass from one host to another until healed. Cuts of the same direction add up. */
  cut(fromHost: string, toHost: string): () => void {
    const link = `${fromHost}>${toHost}`;
    this.#cut.set(link, (this.#cut.get(link) ?? 0) + 1);
    let healed = false;
    return () => {
      if (healed) return;
      healed = true;
      this.#cut.set(link, (this.#cut.get(link) ?? 1) - 1);
    };
  }

  #connect(from: SimulatedProcess, to: string): Connection {
    for (const connection of this.#connections) {
      if (connection.from === from && connection.to === to) return connection;
    }
    const connection: Connection = {
      from,
      to,
      isOpen: true,
      lastArrivalMs: { out: 0, back: 0 },
      closers: new Set(),
    };
    this.#connections.add(connection);
    from.onDeath((cause) => this.#close(connection, cause));
    return connection;
  }

  /** What is on its way may still arrive; answers find nobody. */
  #close(connection: Connection, cause: "killed" | "host-down"): void {
    if (!connection.isOpen) return;
    connection.isOpen = false;
    this.#connections.delete(connection);
    if (cause === "host-down") return;
    for (const closer of connection.closers)
      this.#world.after(this.#world.dice.between(0, closeNoticeMs), closer);
  }

  #carry(connection: Connection, direction: "out" | "back", arrive: () => void): void {
    const { dice } = this.#world;
    const { dropProbability, duplicateProbability, delayMs } = this.weather;
    if (this.#isCut(connection, direction) || dice.chance(dropProbability)) return;
    const arrivalMs = this.#world.nowMs + dice.between(delayMs.min, delayMs.max);
    const inOrderMs = Math.max(arrivalMs, connection.lastArrivalMs[direction]);
    connection.lastArrivalMs[direction] = inOrderMs;
    const copies = dice.chance(duplicateProbability) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      // The copy was sent over another connection: it keeps no order.
      const atMs = copy === 0 ? inOrderMs : arrivalMs + dice.between(0, 10 * delayMs.max);
      this.#world.after(atMs - this.#world.nowMs, () => {
        if (direction === "out" || connection.isOpen) arrive();
      });
    }
  }

  #isCut({ from, to }: Connection, direction: "out" | "back"): boolean {
    const target = this.#hosts.get(to)?.name ?? to;
    const link =
      direction === "out" ? `${from.host.name}>${target}` : `${target}>${from.host.name}`;
    return (this.#cut.get(link) ?? 0) > 0;
  }
}

interface Delivered<Answer> extends Call<Answer> {
  onOver: (() => void) | null;
  abandon(): void;
}

/** One question on its way: settled once, and answered by each delivery at most once. */
class Ask<Answer> {
  readonly #settled: (outcome: AskOutcome<Answer>) => void;
  readonly #calls: Delivered<Answer>[] = [];
  isSettled = false;

  constructor(settled: (outcome: AskOutcome<Answer>) => void) {
    this.#settled = settled;
  }

  settle(outcome: AskOutcome<Answer>): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.#settled(outcome);
  }

  deliver(from: string, send: (answer: Answer) => void): Delivered<Answer> {
    let isOver = false;
    const end = (then: () => void): void => {
      if (isOver) return;
      isOver = true;
      call.onOver?.();
      then();
    };
    const call: Delivered<Answer> = {
      from,
      onAbandoned: null,
      onOver: null,
      answer: (answer) => end(() => send(answer)),
      abandon: () => end(() => call.onAbandoned?.()),
    };
    this.#calls.push(call);
    return call;
  }

  abandon(): void {
    for (const call of this.#calls) call.abandon();
  }
}
