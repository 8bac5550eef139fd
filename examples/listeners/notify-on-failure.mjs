/**
 * Posts a message to a web hook when an application fails.
 *
 *   HOOK_URL=https://chat.example/hooks/T0 aloha master -Daloha.extraListeners=./examples/listeners/notify-on-failure.mjs
 */
export class NotifyOnFailure {
  async onApplicationStateChange({ appId, name, to, message }) {
    if (!["FAILED", "ERROR", "TIMED_OUT"].includes(to)) return;
    const text = `${name} (${appId}) is ${to}: ${message}`;
    await fetch(process.env.HOOK_URL, { method: "POST", body: JSON.stringify({ text }) });
  }
}
