import type { ApplicationType } from "./application-type.ts";

/** A script for bash (`args` is a string), or a program with its arguments, run without a shell (`args` is a list). */
export const shell: ApplicationType = {
  names: ["shell", "me.jrwang.app.SimpleProcess"],
  command({ args }) {
    if (typeof args === "string") return { kind: "command", argv: ["/bin/bash", "-c", args] };
    if (args.length > 0) return { kind: "command", argv: args };
    return {
      kind: "no-command",
      code: "command-not-found",
      message: "args is an empty list: its first element is the program to run.",
    };
  },
};
