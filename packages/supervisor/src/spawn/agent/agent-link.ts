import type { Socket } from "node:net";
import { AlohaError, toAlohaError } from "@aloha/core";
import type { Logger, Timer, Timers } from "@aloha/runtime";
import { signalProcess } from "../../containment/signal-process.ts";
import { agentCommand } from "./agent-command.ts";
import { AgentReportReader, type AgentReport, type HeldReport } from "./agent-report.ts";
import { FrameWriter } from "./frame-writer.ts";

/** What this supervisor speaks (native/agent.h). */
export const agentProtocol = 1;

const GREETING_PATIENCE_MS = 5_000;
const PING_MS = 1_000;
/** After so many pings without an answer the agent is taken to be stopped, and told to go on; after as many again, killed. */
const PINGS_MISSED_MAX = 6;

export interface AgentLinkHandlers {
  readonly onReport: (report: AgentReport) => void;
  /** There is no agent any more. Not called after `end`. */
  readonly onLost: (message: string) => void;
  /** It did not answer, and was told to go on. */
  readonly onStopped: (message: string) => void;
}

/** The connection to a spawn agent that has said what it holds. */
export class AgentLink {
  readonly pid: number;
  readonly held: readonly HeldReport[];
  readonly #socket: Socket;
  readonly #timers: Timers;
  readonly #writer = new FrameWriter();
  /** What came before anybody wanted to know. */
  #early: AgentReport[] = [];
  #handlers: AgentLinkHandlers | null = null;
  #lost: string | null = null;
  #ended = false;
  #pinger: Timer | null = null;
  #pingsMissed = 0;
  #flushing = false;

  private constructor(socket: Socket, timers: Timers, greeting: Greeting) {
    this.#socket = socket;
    this.#timers = timers;
    this.pid = greeting.pid;
    this.held = greeting.held;
    this.#early = greeting.early;
    socket.on("data", (chunk: Buffer) => this.#receive(greeting.reader, chunk));
    socket.on("close", () => this.#lose("its connection was closed"));
  }

  /** Takes over a connection that was just made. Rejects with AlohaError (`incompatible` if it is of another release). */
  static async greet(socket: Socket, timers: Timers, logger: Logger): Promise<AgentLink> {
    socket.on("error", (error) =>
      logger.warn("The connection to the spawn agent failed", { error }),
    );
    const greeting = await receiveGreeting(socket, timers);
    return new AgentLink(socket, timers, greeting);
  }

  /** From here on everything is told, what came before first. */
  begin(handlers: AgentLinkHandlers): void {
    this.#handlers = handlers;
    const early = this.#early;
    this.#early = [];
    for (const report of early) this.#tell(report);
    if (this.#lost !== null) handlers.onLost(this.#lost);
    this.#pinger = this.#timers.every(PING_MS, () => this.#ping());
  }

  /** Writes a command; what is written in one turn of the loop leaves together. */
  send(write: (writer: FrameWriter) => void): void {
    if (this.#lost !== null) return;
    write(this.#writer);
    if (this.#flushing) return;
    this.#flushing = true;
    process.nextTick(() => {
      this.#flushing = false;
      if (this.#lost === null) this.#socket.write(this.#writer.take());
    });
  }

  /** Ends the agent, which holds nothing any more. Settles when it is about to be gone. */
  async end(): Promise<void> {
    if (this.#lost !== null || this.#ended) return;
    this.#ended = true;
    this.#pinger?.clear();
    this.send((writer) => agentCommand.end(writer));
    await new Promise<void>((resolve) => {
      this.#socket.once("close", () => resolve());
    });
  }

  /** Leaves the agent, with all that it was told, to the next supervisor. */
  leave(): void {
    this.#ended = true;
    this.#pinger?.clear();
    // After what was written in this turn.
    process.nextTick(() => this.#socket.end());
  }

  #receive(reader: AgentReportReader, chunk: Buffer): void {
    try {
      for (const report of reader.read(chunk)) this.#tell(report);
    } catch (error) {
      this.#lose(toAlohaError(error).message);
      this.#socket.destroy();
    }
  }

  #tell(report: AgentReport): void {
    if (report.kind === "pong") this.#pingsMissed = 0;
    else if (this.#handlers === null) this.#early.push(report);
    else this.#handlers.onReport(report);
  }

  /** Counts looks, not time: if this process was stopped, the agent is not to blame. */
  #ping(): void {
    this.#pingsMissed++;
    if (this.#pingsMissed === PINGS_MISSED_MAX) {
      signalProcess(this.pid, "SIGCONT");
      this.#handlers?.onStopped(
        `The spawn agent (pid ${this.pid}) gave no sign of life for ${PINGS_MISSED_MAX} s and was told to go on. Was it stopped?`,
      );
    }
    if (this.#pingsMissed === 2 * PINGS_MISSED_MAX) {
      this.#lose(`it gave no sign of life for ${2 * PINGS_MISSED_MAX} s`);
      this.#socket.destroy();
      return;
    }
    this.send((writer) => agentCommand.ping(writer));
  }

  /** An agent that cannot be spoken with may not go on on its own. */
  #lose(message: string): void {
    if (this.#lost !== null || this.#ended) return;
    this.#lost = message;
    this.#pinger?.clear();
    signalProcess(this.pid, "SIGKILL");
    this.#handlers?.onLost(message);
  }
}

interface Greeting {
  readonly pid: number;
  readonly held: readonly HeldReport[];
  readonly early: AgentReport[];
  readonly reader: AgentReportReader;
}

/** Reads until the agent has said all that it holds; what has happened to it comes in between. */
async function receiveGreeting(socket: Socket, timers: Timers): Promise<Greeting> {
  const reader = new AgentReportReader();
  const held: HeldReport[] = [];
  const early: AgentReport[] = [];
  let pid = 0;
  return new Promise((resolve, reject) => {
    const settle = (error: AlohaError | null): void => {
      patience.clear();
      socket.off("data", onData);
      socket.off("close", onClose);
      if (error === null) resolve({ pid, held, early, reader });
      else reject(error);
    };
    const fail = (code: "unreachable" | "incompatible", message: string): void => {
      socket.destroy();
      settle(new AlohaError(code, message));
    };
    const patience = timers.after(GREETING_PATIENCE_MS, () =>
      fail("unreachable", `The spawn agent said nothing for ${GREETING_PATIENCE_MS / 1000} s.`),
    );
    const onClose = (): void => fail("unreachable", "The spawn agent closed the connection.");
    const onData = (chunk: Buffer): void => {
      let done = false;
      for (const report of reader.read(chunk)) {
        if (report.kind === "welcome" && report.protocol !== agentProtocol) {
          fail(
            "incompatible",
            `The spawn agent (pid ${report.pid}) speaks protocol ${report.protocol}, this supervisor ${agentProtocol}.`,
          );
          return;
        }
        if (report.kind === "welcome") pid = report.pid;
        else if (report.kind === "held") held.push(report);
        else if (report.kind === "held-end") done = true;
        else early.push(report);
      }
      if (done) settle(null);
    };
    socket.on("data", onData);
    socket.on("close", onClose);
  });
}
