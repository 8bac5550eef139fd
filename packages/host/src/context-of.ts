import type { ApplicationContext, ApplicationOutput } from "@aloha/sdk";

/** What an application is told about its attempt, whose key is `clusterId/appId/n`. */
export function contextOf(attempt: string, output: ApplicationOutput): ApplicationContext {
  const [, appId = "", number = "1"] = attempt.split("/");
  return { attempt, appId, attemptNumber: Number(number), output };
}
