/**
 * What it takes to judge a description, as an entry of its own: whoever submits needs the schema and not the
 * state machines, which take longer to load than a submission takes.
 */
export { parseDescription } from "./application/parse-description.ts";
export { parseBytes } from "./units/bytes.ts";
