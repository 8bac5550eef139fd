/** How listeners are treated; `aloha.listeners.*`. */
export interface ListenerSettings {
  /** Events that may wait in the master's memory for one listener; further ones are read from the event log. */
  readonly queueLengthMax: number;
  /** How long a listener may take to load, and to begin. Patient: on a busy host a process takes its time to start, and a master does not start without its listeners. */
  readonly startTimeoutMs: number;
  /** How long it may take for each event. */
  readonly eventTimeoutMs: number;
  /** How often a listener that has nothing to do is asked whether it still answers, which has to take no longer than an event. */
  readonly pingPeriodMs: number;
  /** The heap of a listener's process. */
  readonly memoryBytesMax: number;
  /** Before its process is started again: at first, and after many ends in a row. */
  readonly restartDelayMs: number;
  readonly restartDelayMsMax: number;
}

export const defaultListenerSettings: ListenerSettings = {
  queueLengthMax: 10_000,
  startTimeoutMs: 60_000,
  eventTimeoutMs: 30_000,
  pingPeriodMs: 10_000,
  memoryBytesMax: 256 * 1024 ** 2,
  restartDelayMs: 500,
  restartDelayMsMax: 60_000,
};

/** Each is a process of about 50 MiB. */
export const listenersMax = 16;

/** Items that were delivered and are not handled yet. */
export const windowLengthMax = 256;

/** Ends of its process at one event after which the listener does not get this event any more. */
export const attemptsMax = 3;

/** A process that lived so long was well: the next restart is a first one again. */
export const wellAfterMs = 60_000;

/** How long a listener may take to handle what it has and to close, when the master stops. */
export const closeGraceMs = 3_000;

/** How often positions are saved while they change: what may come again after a crash. */
export const savePeriodMs = 1_000;

/** Between two events that say what is wrong with one listener. */
export const alertPeriodMs = 60_000;
