import type { ApplicationDescription } from "./description.ts";
import { isObject } from "./compound-types.ts";
import { descriptionType } from "./description-fields.ts";
import { isOfOriginal } from "./description-types.ts";
import type { WrittenDescription } from "./description-fields.ts";
import { invariant } from "../error.ts";
import { descriptionLimits } from "./description-limits.ts";
import type { DescriptionLimits } from "./description-limits.ts";
import { Findings, Place } from "./field-type.ts";
import type { DescriptionError, FieldType, JsonSchema } from "./field-type.ts";

export interface ParseDescriptionOptions {
  /** `refuse`: an unknown field is an error (native). `collect`: it is listed (submissions). */
  readonly unknownFields: "refuse" | "collect";
  readonly limits?: DescriptionLimits;
}

export type ParsedDescription =
  | {
      readonly ok: true;
      readonly description: ApplicationDescription;
      readonly requestId: string | null;
      /** Paths of fields that nobody knows; at most a hundred. */
      readonly unknownFields: readonly string[];
    }
  /** Everything that is wrong, at most a hundred things; each message stands alone. */
  | { readonly ok: false; readonly errors: readonly DescriptionError[] };

const mebi = 1024 ** 2;

/**
 * Reads a description that came from outside (decoded JSON or YAML): validates every field,
 * fills in every default, and accepts no field that would be ignored. Never throws.
 */
export function parseDescription(
  input: unknown,
  options: ParseDescriptionOptions,
): ParsedDescription {
  const findings = new Findings(options.unknownFields === "collect");
  const written = typeFor(options.limits ?? descriptionLimits).read(input, new Place("", findings));
  if (written === undefined || findings.errors.length > 0)
    return { ok: false, errors: findings.errors };
  return {
    ok: true,
    description: complete(
      isObject(input) && isOfOriginal(input["entryPoint"]) ? { ...written, libs: [] } : written,
    ),
    requestId: written.requestId,
    unknownFields: findings.unknownFields,
  };
}

/** What `parseDescription` accepts, as a JSON Schema (draft 2020-12): for forms and editors. */
export function descriptionJsonSchema(limits: DescriptionLimits = descriptionLimits): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Aloha application",
    ...typeFor(limits).schema,
  };
}

let defaults: ApplicationDescription | undefined;

/** A description with every default and no name, for what was stored before a field existed. */
export function descriptionDefaults(): ApplicationDescription {
  if (defaults !== undefined) return defaults;
  const parsed = parseDescription({ name: "-", entryPoint: "shell" }, { unknownFields: "refuse" });
  invariant(parsed.ok, "the defaults of a description are not valid");
  defaults = { ...parsed.description, name: "" };
  return defaults;
}

/** A description from a store or a journal, with the default of each field that did not exist when it was written. */
export function completeDescription(stored: ApplicationDescription): ApplicationDescription {
  return isComplete(stored) ? stored : { ...descriptionDefaults(), ...stored };
}

/** Cheap, since millions of them are read: the field that came last tells. */
function isComplete(stored: Partial<ApplicationDescription>): boolean {
  return stored.isolation !== undefined;
}

const types = new WeakMap<DescriptionLimits, FieldType<WrittenDescription>>();

/** The table is built once for each set of limits, not for each description. */
function typeFor(limits: DescriptionLimits): FieldType<WrittenDescription> {
  const known = types.get(limits);
  if (known !== undefined) return known;
  const type = descriptionType(limits);
  types.set(limits, type);
  return type;
}

function complete(written: WrittenDescription): ApplicationDescription {
  return {
    name: written.name,
    entryPoint: written.entryPoint,
    args: written.args,
    options: written.options,
    libs: written.libs,
    milliCores: written.cores,
    memoryMiB: written.memory / mebi,
    resources: written.resources,
    openFilesMax: written.limits.openFiles,
    supervise: written.supervise,
    restart: {
      on: written.restart.on,
      maxAttempts: written.restart.maxAttempts,
      windowMs: written.restart.window,
      backoffInitialMs: written.restart.backoff.initial,
      backoffMaxMs: written.restart.backoff.max,
    },
    onDisconnect: written.onDisconnect ?? (written.supervise ? "fence" : "keep"),
    timeoutMs: written.timeout,
    waitTimeoutMs: written.waitTimeout,
    deadlineMs: written.deadline,
    stop: { signal: written.stop.signal, graceMs: written.stop.grace },
    successExitCodes: written.successExitCodes,
    health: written.health,
    environment: written.environment,
    user: written.user,
    namespace: written.namespace,
    key: written.key,
    onConflict: written.onConflict,
    labels: written.labels,
    description: written.description,
    isolation: written.isolation,
    logs: {
      segmentBytes: written.logs.segment,
      keep: written.logs.keep,
      compress: written.logs.compress,
    },
  };
}
