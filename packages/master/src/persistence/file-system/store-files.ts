/** Files of a recovery directory. */
export const storeFiles = {
  data: "data.mdb",
  lock: "master.lock",
  clusterId: "cluster-id",
  ballast: "ballast",
} as const;
