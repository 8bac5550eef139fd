// Started by kill-nine.test.ts: commits one application after the other, and says each number once it is durable.
import { openFileSystemEngine } from "../../dist/persistence/file-system/open-store.js";

const [directory, record] = [process.argv[2], JSON.parse(process.argv[3])];
const engine = await openFileSystemEngine({ directory, address: "127.0.0.1:1" });
await engine.raiseEpoch({ clusterId: "c-1", nonce: "n-1" });
for (let number = 1; ; number++) {
  const id = `app-19700101000000-${String(number).padStart(4, "0")}`;
  await engine.commit({
    changes: [
      { kind: "description", appId: id, description: record.description },
      { kind: "application", application: { ...record.application, id, number } },
    ],
    events: [{ kind: "alert", code: "test", message: "test", sequence: number, atMs: 0 }],
  });
  process.stdout.write(`${number}\n`);
}
