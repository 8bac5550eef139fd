import { Type, type Static } from "typebox";
import { SubmittedSchema } from "./application.ts";
import { ErrorSchema } from "./cluster.ts";

const line = {
  line: Type.Integer({ minimum: 1, description: "The line of the request, from 1 on" }),
};

/** One line of the answer to a bulk submission. */
export const BulkResultSchema = Type.Union([
  Type.Object({ ...line, ...SubmittedSchema.properties }),
  Type.Object({ ...line, ...ErrorSchema.properties }),
]);

export type BulkResult = Static<typeof BulkResultSchema>;
