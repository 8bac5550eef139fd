import { Type, type Static } from "typebox";
import { nullable, oneOf } from "./nullable.ts";

const Duration = Type.Union([Type.String(), Type.Number()], { description: "With a unit: 500ms, 30s, 5m, 1h, 7d; a bare number is seconds" });
const Size = Type.Union([Type.String(), Type.Number()], { description: "With a unit: 512KiB, 64MiB, 2GiB; a bare number is MiB" });

/**
 * What a user writes to describe an application. Only for people and tools: the master reads it
 * with `parseDescription`, which knows every rule and says what is wrong in words.
 */
export const ApplicationInputSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    entryPoint: Type.String({ minLength: 1, description: "A built-in type such as `shell`" }),
    args: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String())], { description: "A text as the type says (shell: a script), or an argv that is run without a shell" }),
    ),
    libs: Type.Optional(Type.Array(Type.String())),
    cores: Type.Optional(Type.Number({ minimum: 0.001, default: 1 })),
    memory: Type.Optional(Size),
    supervise: Type.Optional(Type.Boolean({ default: false, description: "Relaunch when its worker is lost" })),
    restart: Type.Optional(
      Type.Object({
        on: Type.Optional(Type.Array(oneOf(["failure", "timeout", "oom"]))),
        maxAttempts: Type.Optional(Type.Integer()),
        window: Type.Optional(Duration),
        backoff: Type.Optional(Type.Object({ initial: Type.Optional(Duration), max: Type.Optional(Duration) })),
      }),
    ),
    onDisconnect: Type.Optional(oneOf(["keep", "fence"])),
    timeout: Type.Optional(nullable(Duration)),
    stop: Type.Optional(Type.Object({ signal: Type.Optional(Type.String()), grace: Type.Optional(Duration) })),
    successExitCodes: Type.Optional(Type.Array(Type.Integer())),
    environment: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Object({ worker: Type.String() })]))),
    labels: Type.Optional(Type.Record(Type.String(), Type.String())),
    logs: Type.Optional(
      Type.Object({ segment: Type.Optional(Size), keep: Type.Optional(Type.Integer()), compress: Type.Optional(Type.Boolean()) }),
    ),
    requestId: Type.Optional(
      nullable(Type.String({ description: "The same id within 24 hours, with the same body, gives the same application" })),
    ),
  },
  { additionalProperties: false },
);

export type ApplicationInput = Static<typeof ApplicationInputSchema>;
