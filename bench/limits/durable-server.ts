/**
 * `durable-server.js FILE`: the least that an HTTP server has to do to answer for what it was given. It reads and parses
 * each JSON body, appends it to one file, and answers when it is synced to disk; bodies that arrive during a sync
 * share the next. Prints its URL. Ends when killed.
 */
import { open } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

interface Waiting {
  readonly line: string;
  readonly response: ServerResponse;
}

const [path = ""] = process.argv.slice(2);
await main();

async function main(): Promise<void> {
  const file = await open(path, "a");
  let waiting: Waiting[] = [];
  let syncing = false;
  const syncAll = async (): Promise<void> => {
    syncing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await file.appendFile(batch.map(({ line }) => line).join(""));
      await file.datasync();
      for (const { response } of batch) {
        response.writeHead(201, { "content-type": "application/json" });
        response.end('{"id":"app-20260101000000-0001"}');
      }
    }
    syncing = false;
  };
  const server = createServer((request, response) => {
    readBody(request, (line) => {
      waiting.push({ line, response });
      if (!syncing) void syncAll();
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const bound = server.address();
    const port = bound !== null && typeof bound === "object" ? bound.port : 0;
    process.stdout.write(`ready http://127.0.0.1:${port}/\n`);
  });
}

function readBody(request: IncomingMessage, onLine: (line: string) => void): void {
  let text = "";
  request.setEncoding("utf8").on("data", (part: string) => (text += part));
  request.once("end", () => onLine(`${JSON.stringify(JSON.parse(text))}\n`));
}
