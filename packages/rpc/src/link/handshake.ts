import type {
  FrameProtection,
  RpcSecurity,
  SecuritySession,
  SecurityStep,
} from "../security/security.ts";
import { FRAME } from "../wire/frame.ts";
import type { Hello } from "../wire/hello.ts";
import { readHello, writeHello } from "../wire/hello.ts";

export type HandshakeResult =
  | { readonly kind: "more" }
  | {
      readonly kind: "done";
      readonly peer: Hello;
      /** What the security found; `undefined` without one. */
      readonly identity: string | undefined;
      readonly protection: FrameProtection | undefined;
    }
  | { readonly kind: "failed"; readonly message: string };

export interface HandshakeOptions {
  readonly role: "dialer" | "acceptor";
  readonly hello: Hello;
  readonly security: RpcSecurity | undefined;
  readonly send: (type: typeof FRAME.hello | typeof FRAME.auth, body: Uint8Array) => void;
}

/**
 * The first frames of a connection.
 *
 * waiting   for the peer's hello; the dialer has sent its own, the acceptor answers with its own
 * proving   payloads of the security go back and forth (only if there is one)
 * done, or failed
 */
export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #localHello: Uint8Array;
  #peer: Hello | undefined;
  #session: SecuritySession | undefined;

  constructor(options: HandshakeOptions) {
    this.#options = options;
    this.#localHello = writeHello(options.hello);
    if (options.role === "dialer") options.send(FRAME.hello, this.#localHello);
  }

  onFrame(type: number, body: Uint8Array): HandshakeResult {
    if (type === FRAME.reject)
      return { kind: "failed", message: `it refused: ${Buffer.from(body).toString()}` };
    if (this.#peer === undefined) {
      return type === FRAME.hello ? this.#onHello(body) : failed("its first frame is no hello");
    }
    if (type !== FRAME.auth || this.#session === undefined)
      return failed("it sent a frame before its proof was done");
    return this.#take(this.#peer, this.#session.receive(body));
  }

  #onHello(body: Uint8Array): HandshakeResult {
    const read = readHello(body);
    if (!read.ok) return failed(read.message);
    const { security, role, send } = this.#options;
    const wanted = security?.name ?? "";
    if (read.hello.security !== wanted) {
      return failed(
        `this side secures its connections with "${wanted || "nothing"}", the peer with "${read.hello.security || "nothing"}"; give both the same`,
      );
    }
    this.#peer = read.hello;
    if (role === "acceptor") send(FRAME.hello, this.#localHello);
    if (security === undefined)
      return { kind: "done", peer: read.hello, identity: undefined, protection: undefined };
    this.#session = security.begin({
      role,
      localHello: this.#localHello,
      peerHello: Buffer.from(body),
    });
    return this.#take(read.hello, this.#session.start());
  }

  #take(peer: Hello, step: SecurityStep): HandshakeResult {
    if (step.kind === "rejected") return failed(step.message);
    if (step.payload !== undefined) this.#options.send(FRAME.auth, step.payload);
    if (step.kind === "continue") return { kind: "more" };
    return { kind: "done", peer, identity: step.identity, protection: step.protection };
  }
}

function failed(message: string): HandshakeResult {
  return { kind: "failed", message };
}
