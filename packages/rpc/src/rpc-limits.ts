/** Everything that is bounded. All can be given to `RpcEnv.start`. */
export interface RpcLimits {
  /** Messages that wait for one endpoint. */
  readonly inboxLengthMax: number;
  /** Messages one endpoint handles before the loop gets a turn. */
  readonly drainLengthMax: number;
  /** Bytes that wait to be sent over one connection. */
  readonly outboxBytesMax: number;
  /** Bytes of one frame after its length field. */
  readonly frameBytesMax: number;
  /** The same before the hello is done. */
  readonly helloFrameBytesMax: number;
  /** Time from the connection being accepted or made to the end of the hello. */
  readonly helloTimeoutMs: number;
  /** Time for making a connection. */
  readonly connectTimeoutMs: number;
  /** The deadline of an ask that names none. */
  readonly askTimeoutMs: number;
  /** The deadline of a lookup that names none. */
  readonly lookupTimeoutMs: number;
  /** How often a lookup, or an ask that may be repeated, is tried if the connection fails under it, the first time included. */
  readonly triesMax: number;
  /** The pause before it is tried again. */
  readonly retryDelayMs: number;
  /** Asks under way over one connection, each direction on its own. */
  readonly asksOutstandingMax: number;
  /** Endpoints of one peer that can be addressed over one connection. */
  readonly namesPerConnectionMax: number;
  /** Connections of one environment, both directions together. */
  readonly connectionsMax: number;
  /** How often silence is checked; a silent peer is pinged. */
  readonly keepAliveIntervalMs: number;
  /** Checks in a row without a byte from the peer after which it counts as lost. */
  readonly keepAliveMissesMax: number;
  /** The first pause before connecting again after a failure; it doubles each time. */
  readonly reconnectDelayMinMs: number;
  readonly reconnectDelayMaxMs: number;
  /** How long `stop` waits for a handler that is at work, and for what is still to be sent. */
  readonly stopTimeoutMs: number;
}

export const DEFAULT_RPC_LIMITS: RpcLimits = {
  inboxLengthMax: 10_000,
  drainLengthMax: 1_000,
  outboxBytesMax: 4 * 1024 * 1024,
  frameBytesMax: 1024 * 1024,
  helloFrameBytesMax: 4 * 1024,
  helloTimeoutMs: 5_000,
  connectTimeoutMs: 5_000,
  askTimeoutMs: 10_000,
  lookupTimeoutMs: 10_000,
  triesMax: 1,
  retryDelayMs: 3_000,
  asksOutstandingMax: 65_536,
  namesPerConnectionMax: 1_024,
  connectionsMax: 10_000,
  keepAliveIntervalMs: 5_000,
  keepAliveMissesMax: 3,
  reconnectDelayMinMs: 20,
  reconnectDelayMaxMs: 1_000,
  stopTimeoutMs: 5_000,
};
