import { connect, type Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import type { HostCommand, HostReport } from "@aloha/core";
import { systemTimers } from "@aloha/runtime/time";

/** A line that is longer is no order, but a defect. */
const LINE_LENGTH_MAX = 32 * 1024 * 1024;

export interface SupervisorLinkEvents {
  readonly onCommand: (command: HostCommand) => void;
  /** The supervisor is gone, or what it says makes no sense: there is nobody to work for. */
  readonly onLost: (reason: string) => void;
}

/** The host's end of its connection to the supervisor: lines of JSON, each a list of messages. */
export class SupervisorLink {
  readonly #socket: Socket;
  readonly #events: SupervisorLinkEvents;
  readonly #decoder = new StringDecoder("utf8");
  #text = "";
  #outgoing: HostReport[] = [];

  constructor(path: string, events: SupervisorLinkEvents) {
    this.#events = events;
    this.#socket = connect(path);
    this.#socket.on("data", (bytes: Buffer) => this.#receive(this.#decoder.write(bytes)));
    this.#socket.on("error", (error) => events.onLost(error.message));
    this.#socket.on("close", () => events.onLost("it closed the connection"));
  }

  /** What is said in one turn of the loop leaves with one write. */
  send(report: HostReport): void {
    this.#outgoing.push(report);
    if (this.#outgoing.length === 1) systemTimers.soon(() => this.#flush(() => {}));
  }

  /** Calls `done` when all that was said has left. */
  end(done: () => void): void {
    this.#flush(done);
  }

  #flush(done: () => void): void {
    const reports = this.#outgoing;
    this.#outgoing = [];
    if (reports.length === 0) done();
    else this.#socket.write(`${JSON.stringify(reports)}\n`, () => done());
  }

  #receive(text: string): void {
    const lines = (this.#text + text).split("\n");
    this.#text = lines.pop() ?? "";
    try {
      if (this.#text.length > LINE_LENGTH_MAX) throw new Error("a message is too long");
      for (const line of lines) {
        const commands: unknown = JSON.parse(line);
        if (!Array.isArray(commands)) throw new Error("a message is no list");
        for (const command of commands) this.#events.onCommand(command as HostCommand);
      }
    } catch (error) {
      this.#events.onLost(error instanceof Error ? error.message : String(error));
    }
  }
}
