import type { ApplicationType } from "./application-type.ts";
import { shell } from "./shell.ts";
import { sparkSubmit } from "./spark-submit.ts";

/** The types of applications that this worker runs. */
export const applicationTypes: readonly ApplicationType[] = [shell, sparkSubmit];

/** The type that an `entryPoint` names, if there is one. */
export function findApplicationType(entryPoint: string): ApplicationType | undefined {
  return applicationTypes.find(({ names }) => names.includes(entryPoint));
}
