export { SimulatedTime } from "./simulated-time.ts";
export { SeededRandom } from "./seeded-random.ts";
