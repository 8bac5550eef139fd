import { ApplicationWithProcess } from "@aloha/sdk";

/** Counts the words of the file that `args` names, with the program that can: only the command has to be said. */
export class CountWords extends ApplicationWithProcess {
  command() {
    return ["wc", "-w", String(this.description.args)];
  }

  exitState(code, signal) {
    const state = super.exitState(code, signal);
    return state.state === "FAILED" ? { ...state, message: `wc: ${state.message}` } : state;
  }
}
