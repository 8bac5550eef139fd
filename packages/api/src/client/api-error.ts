import { AlohaError, errorCodes, type ErrorCode } from "@aloha/core/vocabulary";
import type { HttpAnswer } from "./http-send.ts";

export interface ApiErrorOptions {
  /** The HTTP status; null where no answer came. */
  readonly status: number | null;
  /** The master that was asked, as a URL; null where several were. */
  readonly master: string | null;
  readonly details?: readonly string[];
  readonly cause?: unknown;
}

/** A request that was refused or failed. `message` is fit for people. */
export class ApiError extends AlohaError {
  readonly status: number | null;
  readonly master: string | null;
  readonly details: readonly string[];

  constructor(code: ErrorCode, message: string, options: ApiErrorOptions) {
    super(code, message, { cause: options.cause });
    this.status = options.status;
    this.master = options.master;
    this.details = options.details ?? [];
  }
}

/** Reads the body of a refusal. Something in between (a proxy, another program) may have written it. */
export async function readApiError(response: HttpAnswer, master: string): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  const error = errorOf(text);
  if (error === undefined) {
    return new ApiError(
      "internal",
      `${master} answered ${response.status} ${response.statusText}, and not as a master does. Is it the HTTP address of a master (port 6066 by default)?`,
      { status: response.status, master },
    );
  }
  return new ApiError(error.code, error.message, {
    status: response.status,
    master,
    details: error.details,
  });
}

function errorOf(
  text: string,
): { code: ErrorCode; message: string; details: readonly string[] } | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const error = body.error;
  if (
    typeof error !== "object" ||
    error === null ||
    !("message" in error) ||
    typeof error.message !== "string"
  )
    return undefined;
  const named = "code" in error ? error.code : undefined;
  const code = errorCodes.find((candidate) => candidate === named) ?? "internal";
  const details =
    "details" in error && Array.isArray(error.details) ? error.details.map(String) : [];
  return { code, message: error.message, details };
}
