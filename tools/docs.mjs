// `npm run docs`: makes what is generated of the documentation anew. The gate `docs` says when that is due.
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "./lib/build.mjs";
import { configurationPage } from "./gates/docs.mjs";
import { renderConfigurationPage } from "./lib/configuration-page.mjs";

await build({ quiet: true, project: "packages/cli" });
writeFileSync(
  configurationPage,
  await renderConfigurationPage(readFileSync(configurationPage, "utf8")),
);
