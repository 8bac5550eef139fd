import { checked, list, object } from "./compound-types.ts";
import type { HealthPolicy, HealthProbe } from "./description.ts";
import type { DescriptionLimits } from "./description-limits.ts";
import type { FieldType } from "./field-type.ts";
import {
  choice,
  duration,
  flag,
  integer,
  kindOf,
  line,
  nullable,
  processText,
} from "./scalar-types.ts";

interface WrittenHealth {
  readonly http: string | null;
  readonly exec: string | readonly string[] | null;
  readonly silence: boolean;
  readonly interval: number;
  readonly failures: number;
  readonly action: HealthPolicy["action"];
}

/** A check of whether an attempt still works: exactly one of http, exec and silence. */
export function health(limits: DescriptionLimits): FieldType<HealthPolicy> {
  const written = checked(fields(limits), (health) => {
    const given = [health.http !== null, health.exec !== null, health.silence];
    return given.filter(Boolean).length === 1
      ? undefined
      : "must have exactly one of http, exec and silence: true";
  });
  return {
    schema: written.schema,
    read(value, place) {
      const health = written.read(value, place);
      if (health === undefined) return undefined;
      const { interval, failures, action } = health;
      return { probe: probeOf(health), intervalMs: interval, failures, action };
    },
  };
}

function fields(limits: DescriptionLimits): FieldType<WrittenHealth> {
  return object<WrittenHealth>({
    http: {
      doc: "An address, asked by the worker: it works if the answer is 200 to 399.",
      type: nullable(address(limits)),
      default: null,
    },
    exec: {
      doc: "A script or an argv, run by the worker as the application's account: it works if that exits with 0.",
      type: nullable(command(limits)),
      default: null,
    },
    silence: { doc: "It works as long as it writes output.", type: flag, default: false },
    interval: {
      doc: "Time between two checks.",
      type: duration(limits.healthIntervalMsMin, limits.durationMsMax),
      default: "30s",
    },
    failures: {
      doc: "Failures in a row after which it counts as unhealthy.",
      type: integer(1, limits.healthFailuresMax),
      default: 3,
    },
    action: {
      doc: "What follows then: alert says so, restart stops it too and starts it again within the bounds of restart.",
      type: choice(["alert", "restart"]),
      default: "alert",
    },
  });
}

function address(limits: DescriptionLimits): FieldType<string> {
  return checked(line(limits.addressLengthMax), (text) =>
    /^https?:\/\/[^\s/@]+(\/\S*)?$/i.test(text)
      ? undefined
      : "must be an address such as http://127.0.0.1:8080/health",
  );
}

function command(limits: DescriptionLimits): FieldType<string | readonly string[]> {
  const text = checked(processText, (script) =>
    script.length > 0 && script.length <= limits.healthCommandLengthMax
      ? undefined
      : `must have 1 to ${limits.healthCommandLengthMax} characters`,
  );
  const argv = checked(list(text, 1, limits.healthArgsCountMax), (items) =>
    items.reduce((length, item) => length + item.length, 0) <= limits.healthCommandLengthMax
      ? undefined
      : `must have at most ${limits.healthCommandLengthMax} characters in all`,
  );
  return {
    schema: { anyOf: [text.schema, argv.schema] },
    read(written, place) {
      if (typeof written === "string") return text.read(written, place);
      if (Array.isArray(written)) return argv.read(written, place);
      return place.refuse(
        `must be a text (a script) or a list of texts (a program and its arguments), but is ${kindOf(written)}`,
      );
    },
  };
}

function probeOf({ http, exec }: WrittenHealth): HealthProbe {
  if (http !== null) return { kind: "http", url: http };
  return exec === null ? { kind: "silence" } : { kind: "exec", command: exec };
}
