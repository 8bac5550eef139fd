import { fileURLToPath } from "node:url";

/** The checkout. */
export const repository: string = fileURLToPath(new URL("../../", import.meta.url)).replace(
  /\/$/,
  "",
);

/** The front door, as npm installs it. */
export const alohaScript = `${repository}/packages/cli/bin/aloha.js`;
