/** Where a value came from, strongest first. */
export type ConfigOrigin =
  | { readonly kind: "flag"; readonly flag: string }
  /** `-Daloha.x=y` on the command line. */
  | { readonly kind: "property" }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "file"; readonly file: string; readonly line: number }
  | { readonly kind: "default" };

/** One setting as it was written, not yet read. */
export interface ConfigEntry {
  readonly name: string;
  readonly text: string;
  readonly origin: ConfigOrigin;
}

/** One thing that is wrong, in one sentence that names its place. */
export interface ConfigProblem {
  readonly origin: ConfigOrigin;
  readonly message: string;
}

/** The place as people know it: `--port`, `-D`, `ALOHA_MASTER_PORT`, `conf/aloha-default.conf:12`. */
export function formatOrigin(origin: ConfigOrigin): string {
  switch (origin.kind) {
    case "flag":
      return origin.flag;
    case "property":
      return "-D";
    case "environment":
      return origin.variable;
    case "file":
      return `${origin.file}:${origin.line}`;
    case "default":
      return "default";
  }
}

export function configProblem(origin: ConfigOrigin, message: string): ConfigProblem {
  return { origin, message: `${formatOrigin(origin)}: ${message}` };
}
