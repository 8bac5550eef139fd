import type { ServerResponse } from "node:http";

/** Writes and waits until there is room for more. False: whoever read is gone. */
export function write(response: ServerResponse, bytes: string | Uint8Array): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return Promise.resolve(false);
  if (response.write(bytes)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (open: boolean) => (): void => {
      response.off("drain", drained);
      response.off("close", closed);
      resolve(open);
    };
    const drained = finish(true);
    const closed = finish(false);
    response.once("drain", drained);
    response.once("close", closed);
  });
}

/** Fires when whoever reads is gone, or the server stops. */
export function goneSignal(response: ServerResponse, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  if (response.destroyed) gone.abort();
  return AbortSignal.any([gone.signal, stopping]);
}
