import { quote } from "@aloha/core";
import { parseAlohaCreate } from "./parse-aloha-create.ts";
import { parseSparkCreate } from "./parse-spark-create.ts";
import {
  createAction,
  malformed,
  present,
  type CreateSubmission,
  type SubmissionBody,
} from "./submission-fields.ts";
import type { Dialect } from "./submission-state.ts";

/** Reads a CreateSubmissionRequest in whichever dialect it is. Throws a RequestError (400) that names the field. */
export function parseCreate(body: SubmissionBody): CreateSubmission {
  checkAction(body);
  return dialectOfBody(body) === "spark" ? parseSparkCreate(body) : parseAlohaCreate(body);
}

/** A body with `entryPoint` is Aloha's; one with `appResource` or `clientSparkVersion` is Spark's. */
function dialectOfBody(body: SubmissionBody): Dialect {
  if (present(body, "entryPoint") !== undefined) return "aloha";
  const isSpark = ["appResource", "clientSparkVersion"].some(
    (name) => present(body, name) !== undefined,
  );
  return isSpark ? "spark" : "aloha";
}

function checkAction(body: SubmissionBody): void {
  const given = present(body, "action");
  if (given === undefined) throw malformed("the field 'action' is missing.");
  if (given !== createAction)
    throw malformed(`the action ${quote(given)} is not known here; expected is ${createAction}.`);
}
