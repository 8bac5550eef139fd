/** Bounds on bulk submission: together they say what memory it can take, however much is sent. */
export const bulkLimits = {
  requestsMax: 16,
  /** Lines that are submitted at once: a step of the core, and whoever waits behind it, waits no longer for them. */
  groupLengthMax: 500,
  groupsOfRequestMax: 2,
  /** Of all requests: well below what the core's inbox holds, so that others find room. */
  groupsMax: 8,
  /** Results that a client has not read, above which no more of what it sends is submitted. */
  unreadBytesMax: 4_194_304,
  /** How long nothing may come, and how long nothing may be read. */
  idleTimeoutMs: 30_000,
} as const;
