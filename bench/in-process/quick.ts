import { AbstractApplication, ExitState } from "@aloha/sdk";

/** The smallest application that is code. */
export class Quick extends AbstractApplication {
  start(): Promise<ExitState> {
    return Promise.resolve(ExitState.finished());
  }
}
