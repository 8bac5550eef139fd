import type { Check } from "./check-values.ts";
import { checkLogReply, checkReadLog } from "./checks-log.ts";
import {
  checkProbe,
  checkProbeReply,
  checkRegister,
  checkRegisterReply,
  checkSync,
  checkSyncAnswer,
} from "./checks-worker.ts";
import type { MasterExchanges, WorkerExchanges } from "./exchanges.ts";

/** What a master looks at before it handles a message, by the message's kind. */
export const masterMessageChecks: Readonly<Record<keyof MasterExchanges, Check>> = {
  register: checkRegister,
  sync: checkSync,
  probe: checkProbe,
};

/** What a worker looks at before it handles a master's reply, by the kind of its own message. */
export const masterReplyChecks: Readonly<Record<keyof MasterExchanges, Check>> = {
  register: checkRegisterReply,
  sync: checkSyncAnswer,
  probe: checkProbeReply,
};

/** What a worker looks at before it handles a message, by the message's kind. */
export const workerMessageChecks: Readonly<Record<keyof WorkerExchanges, Check>> = {
  "read-log": checkReadLog,
};

/** What a master looks at before it handles a worker's reply, by the kind of its own message. */
export const workerReplyChecks: Readonly<Record<keyof WorkerExchanges, Check>> = {
  "read-log": checkLogReply,
};
