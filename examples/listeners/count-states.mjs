/** Logs once a minute how many applications are in which state. What a listener prints goes to the log of its master. */
const states = new Map();

export const countStates = {
  onApplicationStateChange({ appId, to }) {
    const isOver = ["FINISHED", "FAILED", "KILLED", "TIMED_OUT", "ERROR"].includes(to);
    if (isOver) states.delete(appId);
    else states.set(appId, to);
  },

  // What is counted no longer fits what happened: better no number than a wrong one.
  onMissed: () => states.clear(),
};

setInterval(() => {
  const counts = {};
  for (const state of states.values()) counts[state] = (counts[state] ?? 0) + 1;
  console.log("live applications", counts);
}, 60_000);
