/** Names of the processes in a hostile tree. */
export const hostileNames = ["main", "session", "daemon", "renamed"] as const;

/**
 * A script whose processes ignore every signal that can be ignored: one leaves the session, one is a daemon without
 * parent and environment, one also has the name of another program. Each is written to `record` as `name pid`, once it
 * is what it is to be. `after` is what the main process does then.
 */
export function hostileTree(record: string, after = "while :; do sleep 0.1; done"): string {
  const forever = "while :; do sleep 0.1; done";
  return `
    trap '' TERM INT HUP QUIT USR1
    setsid sh -c 'echo session $$ >> ${record}; ${forever}' &
    (env -i PATH="$PATH" setsid sh -c 'sh -c "echo daemon \\$\\$ >> ${record}; ${forever}" &' </dev/null >/dev/null 2>&1 &)
    (env -i PATH="$PATH" setsid bash -c '(exec -a "[kworker/u4:2]" sleep 1000) & echo renamed $! >> ${record}' </dev/null >/dev/null 2>&1 &)
    while [ "$(wc -l 2>/dev/null < ${record} || echo 0)" -lt ${hostileNames.length - 1} ]; do sleep 0.05; done
    echo main $$ >> ${record}
    ${after}
  `;
}
