import { AbstractApplication, ExitState } from "@aloha/sdk";

/** Greets whom `args` names. The smallest application that does something. */
export class Greeting extends AbstractApplication {
  async start() {
    const whom = String(this.description.args);
    if (whom === "") return ExitState.failed("args says nobody to greet");
    console.log(`Hello, ${whom}!`);
    return ExitState.finished(`greeted ${whom}`);
  }
}
