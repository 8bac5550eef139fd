/** The entry `@aloha/master/recovery-testing`: what an engine of one's own has to do, as checks. */
export { engineConformance } from "./persistence/conformance/engine-conformance.ts";
export type {
  BoundCheck,
  EngineUnderTest,
  NewStore,
} from "./persistence/conformance/engine-conformance.ts";
