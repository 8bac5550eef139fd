/** Number of the leader's epoch, on every answer that rests on it: clients ignore answers of a lower one. */
export const epochHeader = "aloha-epoch";

/** `host:port` of the leader's HTTP address where it is known and is not the one that was asked. */
export const leaderHeader = "aloha-leader";

/** Headers of an answer that carries output of an attempt; its body is the bytes themselves. */
export const logHeaders = {
  /** Number of the attempt. */
  attempt: "aloha-log-attempt",
  /** Offset of the first byte of the body. Above the one asked for where older output was rolled away. */
  offset: "aloha-log-offset",
  /** The first byte still kept. */
  firstOffset: "aloha-log-first-offset",
  /** Bytes written so far. Not on a followed answer. */
  size: "aloha-log-size",
  /** Where to go on reading. Not on a followed answer: there it is `offset` plus the bytes of the body. */
  nextOffset: "aloha-log-next-offset",
  /** `true`: the attempt has ended and no byte follows. Not on a followed answer, which ends with the attempt. */
  complete: "aloha-log-complete",
} as const;
