/**
 * Posts a message to a web hook when an application fails.
 *
 *   HOOK_URL=https://chat.example/hooks/T0 aloha master -Daloha.extraListeners=./examples/listeners/notify-on-failure.mjs
 */
const url = process.env.HOOK_URL;
if (url === undefined) throw new Error("Set HOOK_URL to where messages are posted.");

export class NotifyOnFailure {
  async onApplicationStateChange({ appId, name, to, message }) {
    if (to !== "FAILED" && to !== "ERROR" && to !== "TIMED_OUT") return;
    const text = `${name} (${appId}) is ${to}: ${message}`;
    const response = await fetch(url, { method: "POST", body: JSON.stringify({ text }) });
    if (!response.ok) throw new Error(`The hook answered ${response.status}.`);
  }
}
