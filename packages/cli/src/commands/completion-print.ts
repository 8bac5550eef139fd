import { Argument } from "commander";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { completedCommands } from "../output/completion-model.ts";
import { completionScript, completionShells } from "../output/completion-scripts.ts";

/** `aloha completion SHELL` */
export const completionPrint: CommandDefinition = {
  configure(command) {
    command.addArgument(new Argument("<shell>", "which one").choices(completionShells));
    command.addHelpText(
      "after",
      `
The script goes to stdout, and knows this version's commands and options; it asks no master.
  bash  source <(aloha completion bash)            in ~/.bashrc
  zsh   source <(aloha completion zsh)             in ~/.zshrc, behind compinit
  fish  aloha completion fish | source             in ~/.config/fish/config.fish`,
    );
  },

  async run(context, command) {
    const shell = completionShells.find((name) => name === command.args[0]) ?? "bash";
    await context.stdout.write(completionScript(shell, await completedCommands()));
    return exitCodes.success;
  },
};
