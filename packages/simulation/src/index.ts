export { simulate } from "./simulate.ts";
export type { SimulationOptions, SimulationResult } from "./simulate.ts";
export type { Violation } from "./history/history.ts";
