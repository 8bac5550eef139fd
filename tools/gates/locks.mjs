import { readJson } from "./workspace.mjs";

/**
 * A lock that names a registry's host installs only where that host can be reached.
 * @returns {string[]} every locked package that names where it comes from
 */
export function checkLocks() {
  return ["package-lock.json", "tools/package-lock.json"].flatMap((lock) =>
    Object.entries(readJson(lock).packages).flatMap(([path, entry]) =>
      /^https?:/.test(entry.resolved ?? "")
        ? [`${lock}: ${path} is resolved to ${entry.resolved}; set omit-lockfile-registry-resolved`]
        : [],
    ),
  );
}
