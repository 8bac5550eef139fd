import type { AlohaEvent } from "@aloha/core";
import { Type, type Static } from "typebox";

/** One event; the fields beside these depend on `kind`. */
export const EventSchema = Type.Unsafe<AlohaEvent>(
  Type.Object(
    {
      sequence: Type.Integer({ description: "One sequence for the whole cluster, rising by one" }),
      atMs: Type.Integer({ description: "Milliseconds since 1970-01-01 UTC" }),
      kind: Type.String(),
    },
    { additionalProperties: true },
  ),
);

/** Events that are kept, oldest first. */
export const EventPageSchema = Type.Object({
  events: Type.Array(EventSchema),
  nextAfter: Type.Integer({ description: "`after` of the next page" }),
  oldest: Type.Integer({
    description: "Sequence of the oldest event that is kept; above `nextAfter` where there is none",
  }),
});

export type EventPage = Static<typeof EventPageSchema>;
