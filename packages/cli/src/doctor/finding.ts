/** `fail`: a daemon would not start or not keep its promises; `warn`: less than could be had. */
export type FindingStatus = "ok" | "warn" | "fail";

/** One thing that was looked at. */
export interface Finding {
  readonly check: string;
  readonly status: FindingStatus;
  /** What was found. */
  readonly found: string;
  /** What to do about it; null where all is well. */
  readonly todo: string | null;
}

export function fine(check: string, found: string): Finding {
  return { check, status: "ok", found, todo: null };
}

export function warning(check: string, found: string, todo: string): Finding {
  return { check, status: "warn", found, todo };
}

export function failure(check: string, found: string, todo: string): Finding {
  return { check, status: "fail", found, todo };
}
