/** How the two ends of a connection prove who they are. Both must use a security of the same name. */
export interface RpcSecurity {
  /** Part of the hello; the other side must have the same. */
  readonly name: string;
  /** Begins the proof for one connection, after the hellos were exchanged. */
  begin(context: SecurityContext): SecuritySession;
}

export interface SecurityContext {
  readonly role: "dialer" | "acceptor";
  /** Both hellos as they were on the wire: a proof should cover them, so that they cannot be altered. */
  readonly localHello: Uint8Array;
  readonly peerHello: Uint8Array;
}

/** One side of the proof. Nothing but hellos and these payloads is read from the peer until it is established. */
export interface SecuritySession {
  start(): SecurityStep;
  receive(payload: Uint8Array): SecurityStep;
}

/** `payload`, where given, is sent to the other side's session. */
export type SecurityStep =
  | { readonly kind: "continue"; readonly payload?: Uint8Array }
  | {
      readonly kind: "established";
      readonly payload?: Uint8Array;
      readonly identity: string | undefined;
      readonly protection?: FrameProtection;
    }
  | { readonly kind: "rejected"; readonly message: string };

/**
 * Protects every later frame by a tag after it. `tag` is called in the order the frames leave,
 * `verify` in the order they arrive, so both can count.
 */
export interface FrameProtection {
  readonly tagBytes: number;
  tag(frame: Uint8Array): Uint8Array;
  verify(frame: Uint8Array, tag: Uint8Array): boolean;
}
