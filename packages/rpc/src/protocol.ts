/**
 * One kind of message and what is replied to it. It exists for the compiler only. A kind whose
 * reply is `void` is sent; every other kind is asked.
 */
export interface Exchange<Message extends { readonly kind: string }, Reply = void> {
  readonly message: Message;
  readonly reply: Reply;
}

/** A protocol for the compiler: each kind of message under its own name. Write it as a `type`, not as an `interface`. */
export type ProtocolShape = {
  readonly [kind: string]: Exchange<{ readonly kind: string }, unknown>;
};

/** Every message of the protocol. */
export type MessageOf<P extends ProtocolShape> = P[keyof P]["message"];

/** The messages that are answered. */
export type AskMessageOf<P extends ProtocolShape> = {
  [K in keyof P]: [P[K]["reply"]] extends [void] ? never : P[K]["message"];
}[keyof P];

/** The messages that are not answered. */
export type SendMessageOf<P extends ProtocolShape> = {
  [K in keyof P]: [P[K]["reply"]] extends [void] ? P[K]["message"] : never;
}[keyof P];

/** What is replied to message `M`. */
export type ReplyTo<
  P extends ProtocolShape,
  M extends { readonly kind: string },
> = P[M["kind"]]["reply"];

/** Checks a value the network brought; says what is wrong with it, or throws, or returns `undefined`. */
export type ShapeCheck = (value: unknown) => string | undefined;

/** The protocol at run time: its name, and the checks that what the network brings must pass. */
export interface Protocol<P extends ProtocolShape> {
  readonly name: string;
  readonly check?: ShapeCheck;
  readonly checkReply?: (kind: string, reply: unknown) => string | undefined;
  /** Never set: it ties the object to its type. */
  readonly shape?: P;
}

export interface ProtocolOptions<P extends ProtocolShape> {
  /** Both sides must give the same name, or `lookup` says "wrong-protocol". */
  readonly name: string;
  readonly kinds: {
    readonly [K in keyof P]: { readonly check?: ShapeCheck; readonly checkReply?: ShapeCheck };
  };
}

/** Makes a protocol that rejects kinds it does not know and messages that fail the check of their kind. */
export function defineProtocol<P extends ProtocolShape>(options: ProtocolOptions<P>): Protocol<P> {
  const kinds = new Map(
    Object.entries<{ readonly check?: ShapeCheck; readonly checkReply?: ShapeCheck }>(
      options.kinds,
    ),
  );
  return {
    name: options.name,
    check(message) {
      const kind = kindOf(message);
      if (kind === undefined) return "a message is an object with a text `kind`";
      const checks = kinds.get(kind);
      if (checks === undefined)
        return `protocol ${options.name} has no message of kind "${kind.slice(0, 100)}"`;
      return checks.check?.(message);
    },
    checkReply: (kind, reply) => kinds.get(kind)?.checkReply?.(reply),
  };
}

/** The `kind` of a message, or `undefined` if it has none. */
export function kindOf(message: unknown): string | undefined {
  if (typeof message !== "object" || message === null || !("kind" in message)) return undefined;
  return typeof message.kind === "string" ? message.kind : undefined;
}
