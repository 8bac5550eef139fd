import { isSignalName, signalNames } from "./signal-names.ts";
import { args, entryPoint, environment, isCode, labels, libs } from "./description-types.ts";
import { checked, distinct, list, object } from "./compound-types.ts";
import type { Fields, FutureFields } from "./compound-types.ts";
import type {
  EnvironmentValue,
  HealthPolicy,
  Isolation,
  JsonObject,
  OnConflict,
  OnDisconnect,
  RestartCause,
} from "./description.ts";
import type { DescriptionLimits } from "./description-limits.ts";
import type { FieldType, Place } from "./field-type.ts";
import { health } from "./health-type.ts";
import { accountName, prose, resources, scopeName } from "./name-types.ts";
import type { Resources } from "../placement/resources.ts";
import { jsonObject, readOptions } from "./option-types.ts";
import {
  choice,
  duration,
  flag,
  integer,
  line,
  nullable,
  size,
  thousandths,
} from "./scalar-types.ts";
import { quote } from "../units/quote.ts";

const mebi = 1024 ** 2;
const openFilesDefault = 65_536;

/** A description as users write it, with every text of a unit read and every default filled in. */
export interface WrittenDescription {
  readonly name: string;
  readonly entryPoint: string;
  readonly args: string | readonly string[];
  readonly options: JsonObject;
  readonly libs: readonly string[];
  /** Thousandths of a core. */
  readonly cores: number;
  /** Bytes, a whole number of MiB. */
  readonly memory: number;
  readonly resources: Resources;
  readonly limits: { readonly openFiles: number };
  readonly supervise: boolean;
  readonly restart: {
    readonly on: readonly RestartCause[];
    readonly maxAttempts: number;
    readonly window: number;
    readonly backoff: { readonly initial: number; readonly max: number };
  };
  readonly onDisconnect: OnDisconnect | null;
  readonly timeout: number | null;
  readonly waitTimeout: number | null;
  readonly deadline: number | null;
  readonly stop: { readonly signal: string; readonly grace: number };
  readonly successExitCodes: readonly number[];
  readonly health: HealthPolicy | null;
  readonly environment: Readonly<Record<string, EnvironmentValue>>;
  readonly user: string | null;
  readonly namespace: string;
  readonly key: string | null;
  readonly onConflict: OnConflict;
  readonly labels: Readonly<Record<string, string>>;
  readonly description: string;
  readonly logs: {
    readonly segment: number | null;
    readonly keep: number | null;
    readonly compress: boolean | null;
  };
  readonly isolation: Isolation;
  readonly requestId: string | null;
}

/** The one table of every field of an application's description: reading, JSON Schema and documentation come from it. */
export function descriptionType(limits: DescriptionLimits): FieldType<WrittenDescription> {
  const fields = object<WrittenDescription>(availableFields(limits), futureFields);
  return {
    schema: fields.schema,
    read(written, place) {
      const description = fields.read(written, place);
      if (description === undefined) return undefined;
      const { entryPoint } = description;
      const options = readOptions(entryPoint, description.options, limits, place.member("options"));
      const isValid = checkCode(description, place);
      return options === undefined || !isValid ? undefined : { ...description, options };
    },
  };
}

/** What only makes sense together; whether it does. */
function checkCode(description: WrittenDescription, place: Place): boolean {
  const { entryPoint, libs, isolation } = description;
  if (isCode(entryPoint)) {
    if (libs.length > 0) return true;
    place.member("libs").refuse(`must name where the module of ${quote(entryPoint)} is`);
    return false;
  }
  if (isolation === "dedicated") return true;
  place.member("isolation").refuse("must be dedicated, unless entryPoint is code (module#Export)");
  return false;
}

function availableFields(limits: DescriptionLimits): Fields<WrittenDescription> {
  const span = duration(1, limits.durationMsMax);
  return {
    name: { doc: "What people call it; need not be unique.", type: line(limits.nameLengthMax) },
    entryPoint: {
      doc: "The type of the application, or code: module#Export, looked up in libs.",
      type: entryPoint,
    },
    args: {
      doc: "A text is a script for the shell; a list is an argv that runs without a shell.",
      type: args(limits),
      default: "",
    },
    options: {
      doc: "Options of the type, by its own schema; shell takes none.",
      type: jsonObject(limits),
      default: {},
    },
    libs: { doc: "Paths on the worker.", type: libs(limits), default: [] },
    cores: {
      doc: "Cores that are reserved, in thousandths at the finest.",
      type: thousandths(limits.coresMax),
      default: 1,
    },
    memory: {
      doc: "Memory that is reserved: MiB, or a size with a unit.",
      type: memory(limits),
      default: 1024,
    },
    resources: {
      doc: "Counted extras that are reserved, by name, e.g. gpu: 1; workers say which they have.",
      type: resources(limits),
      default: {},
    },
    limits: {
      doc: "Limits of its processes.",
      type: object<WrittenDescription["limits"]>({
        openFiles: {
          doc: "Files that each of its processes may have open; a host that allows less than the default gives what it has.",
          type: integer(16, limits.openFilesMax),
          default: openFilesDefault,
        },
      }),
      default: {},
    },
    supervise: {
      doc: "Whether it is relaunched when its worker is lost.",
      type: flag,
      default: false,
    },
    restart: {
      doc: "When an attempt that ended badly is followed by another.",
      type: restart(limits),
      default: {},
    },
    onDisconnect: {
      doc: "What a worker that hears from no master does at the end of its lease; by default fence where supervise is true, else keep.",
      type: nullable(choice<OnDisconnect>(["keep", "fence"])),
      default: null,
    },
    timeout: {
      doc: "Longest life of one attempt; null for no limit.",
      type: nullable(span),
      default: null,
    },
    waitTimeout: {
      doc: "Longest wait from submission until its first start; null for no limit.",
      type: nullable(span),
      default: null,
    },
    deadline: {
      doc: "Longest time from submission until its end, whatever happens in between; null for no limit.",
      type: nullable(span),
      default: null,
    },
    stop: { doc: "How it is asked to stop before it is killed.", type: stop(limits), default: {} },
    successExitCodes: {
      doc: "Exit codes that count as success.",
      type: distinct(list(integer(0, 255), 1, 256)),
      default: [0],
    },
    health: {
      doc: "A check of whether it still works while it runs; null for none.",
      type: nullable(health(limits)),
      default: null,
    },
    environment: {
      doc: "Variables of its processes: a text, or {worker: NAME} for a variable of the worker that runs it.",
      type: environment(limits),
      default: {},
    },
    user: {
      doc: "The account of the operating system that it runs as; null for the default of its worker.",
      type: nullable(accountName),
      default: null,
    },
    namespace: {
      doc: "The scope that it belongs to: keys are unique within it.",
      type: scopeName(limits.namespaceLengthMax),
      default: "default",
    },
    key: {
      doc: "At most one application with this key is live in its namespace, others wait for it or are refused.",
      type: nullable(line(limits.keyLengthMax)),
      default: null,
    },
    onConflict: {
      doc: "What happens to a submission whose key is taken: it is refused, it replaces what has the key, or it waits for it to end.",
      type: choice<OnConflict>(["reject", "replace", "queue"]),
      default: "reject",
    },
    labels: { doc: "Names and values to find it by.", type: labels(limits), default: {} },
    description: { doc: "Free text for people.", type: prose(limits), default: "" },
    isolation: {
      doc: "Whether applications that are code have a process each, or share one with others of the same code.",
      type: choice<Isolation>(["dedicated", "shared"]),
      default: "dedicated",
    },
    logs: { doc: "How its output is rolled.", type: logs(limits), default: {} },
    requestId: {
      doc: "The same id within 24 hours names the same request: it is accepted once.",
      type: nullable(line(limits.requestIdLengthMax)),
      default: null,
    },
  };
}

const futureFields: FutureFields = {
  queue: { doc: "The queue in which it waits.", default: "default" },
  priority: { doc: "-100 to 100, higher first.", default: 0 },
  constraints: { doc: "What a worker must be like.", default: [] },
  schedule: { doc: "When it is run again.", default: null },
  after: { doc: "What must have ended before.", default: [] },
  array: { doc: "How many copies are run.", default: null },
};

function memory(limits: DescriptionLimits): FieldType<number> {
  return checked(size(mebi, limits.memoryMiBMax * mebi, "MiB"), (bytes) =>
    bytes % mebi === 0 ? undefined : "must be a whole number of MiB",
  );
}

function restart(limits: DescriptionLimits): FieldType<WrittenDescription["restart"]> {
  const backoff = object<WrittenDescription["restart"]["backoff"]>({
    initial: {
      doc: "Wait before the first restart; doubled each time.",
      type: duration(0, limits.durationMsMax),
      default: "5s",
    },
    max: { doc: "Longest wait.", type: duration(0, limits.durationMsMax), default: "5m" },
  });
  return object<WrittenDescription["restart"]>({
    on: {
      doc: "What it is restarted after; a lost worker is the business of supervise.",
      type: distinct(list(choice<RestartCause>(["failure", "timeout", "oom"]), 0, 3)),
      default: [],
    },
    maxAttempts: {
      doc: "Restarts allowed within the window.",
      type: integer(0, limits.restartAttemptsMax),
      default: 3,
    },
    window: {
      doc: "The time over which restarts are counted.",
      type: duration(1, limits.durationMsMax),
      default: "1h",
    },
    backoff: {
      doc: "Waits between restarts.",
      type: checked(backoff, ({ initial, max }) =>
        initial <= max
          ? undefined
          : "must have an initial wait that is not longer than max (5m by default)",
      ),
      default: {},
    },
  });
}

function stop(limits: DescriptionLimits): FieldType<WrittenDescription["stop"]> {
  const signal: FieldType<string> = {
    schema: { enum: signalNames },
    read: (written, place) =>
      isSignalName(written) ? written : place.mustBe(`one of ${signalNames.join(", ")}`, written),
  };
  return object<WrittenDescription["stop"]>({
    signal: { doc: "Sent first.", type: signal, default: "SIGTERM" },
    grace: {
      doc: "Time until everything that is left is killed.",
      type: duration(0, limits.stopGraceMsMax),
      default: "10s",
    },
  });
}

function logs(limits: DescriptionLimits): FieldType<WrittenDescription["logs"]> {
  return object<WrittenDescription["logs"]>(
    {
      segment: {
        doc: "Size at which a file is rolled; by default what the worker is configured with, which is 64MiB unless told otherwise.",
        type: nullable(size(limits.logSegmentBytesMin, limits.logSegmentBytesMax)),
        default: null,
      },
      keep: {
        doc: "Rolled files kept beside the one being written; by default what the worker is configured with, which is 8 unless told otherwise.",
        type: nullable(integer(0, limits.logSegmentsKeptMax)),
        default: null,
      },
      compress: {
        doc: "Whether rolled files are compressed; by default what the worker is configured with, which is true unless told otherwise.",
        type: nullable(flag),
        default: null,
      },
    },
    { archive: { doc: "Whether output is kept elsewhere after the end.", default: false } },
  );
}
