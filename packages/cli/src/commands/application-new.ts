import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { AlohaError } from "@aloha/core";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { requiredArgument } from "../input/required-argument.ts";
import { applicationTemplate } from "../new/application-template.ts";
import { writeTemplate } from "../new/write-template.ts";

/** What a package, a module and, in capitals, a class can be called. */
const namePattern = /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/;
const nameLengthMax = 100;

/** `aloha new application NAME`: a typed, tested starting point in a new directory. */
export const applicationNew: CommandDefinition = {
  configure(command) {
    command
      .argument("<name>", "lower-case words joined by dashes: nightly-orders")
      .option("-d, --directory <path>", "where it is made (default: a directory of its name)");
  },

  async run(context, command) {
    const name = requiredArgument(command, 0);
    if (!namePattern.test(name) || name.length > nameLengthMax) {
      throw new AlohaError(
        "invalid-argument",
        `${name} cannot be the name of an application's package: take lower-case letters and digits, in words joined by dashes, such as nightly-orders.`,
      );
    }
    const options = command.opts<{ readonly directory?: string }>();
    const directory = resolve(options.directory ?? name);
    const files = applicationTemplate({ name, directory, sdkPath: sdkPath() });
    writeTemplate(directory, files);
    const lines = [
      `Made ${directory}:`,
      ...files.map(({ path }) => `  ${path}`),
      "",
      "Try it:",
      `  cd ${options.directory ?? name}`,
      "  npm install",
      "  npm test",
      `  aloha submit -f ${name}.yaml --follow      # with a cluster: aloha dev`,
    ];
    await context.stdout.write(`${lines.join("\n")}\n`);
    return exitCodes.success;
  },
};

/** The package of this very installation, so that what is compiled against is what will run it. */
function sdkPath(): string {
  return dirname(dirname(fileURLToPath(import.meta.resolve("@aloha/sdk"))));
}
