import type { History } from "./history/history.ts";
import { MasterNode } from "./nodes/master-node.ts";
import type { ClusterNetwork } from "./nodes/messages.ts";
import { SupervisorNode } from "./nodes/supervisor-node.ts";
import { WorkerNode } from "./nodes/worker-node.ts";
import { Client } from "./workloads/client.ts";
import { largestApplication } from "./workloads/application-mix.ts";
import { Host } from "./world/host.ts";
import { Network } from "./world/network.ts";
import type { World } from "./world/world.ts";

const workerCount = 3;
const masterAddress = "10.0.0.1:7077";

/** The system under test and its users: one master, three workers with their supervisors, clients. */
export interface Cluster {
  readonly world: World;
  readonly history: History;
  readonly network: ClusterNetwork;
  readonly master: MasterNode;
  readonly workers: readonly WorkerNode[];
  readonly client: Client;
}

/** Builds a cluster of which nothing runs yet. */
export function createCluster(world: World, history: History): Cluster {
  const network: ClusterNetwork = new Network(world);
  const master = new MasterNode({
    world,
    history,
    network,
    host: new Host(world, history, "master"),
    address: masterAddress,
  });
  const trustRefusal = world.dice.chance(0.5);
  const workers: WorkerNode[] = [];
  for (let index = 1; index <= workerCount; index++) {
    workers.push(createWorkerNode(world, history, network, `worker-${index}`, trustRefusal));
  }
  const clientHost = new Host(world, history, "client");
  const client = new Client({
    world,
    history,
    network,
    process: clientHost.startProcess("client"),
    master: masterAddress,
    workers: workers.map(({ name }) => name),
  });
  return { world, history, network, master, workers, client };
}

/** Starts everything that is not running. */
export function startCluster({ master, workers }: Cluster): void {
  for (const { host } of [master, ...workers]) {
    if (!host.isUp) host.comeUp();
  }
  master.start();
  for (const worker of workers) worker.start();
}

function createWorkerNode(
  world: World,
  history: History,
  network: ClusterNetwork,
  name: string,
  trustRefusal: boolean,
): WorkerNode {
  const host = new Host(world, history, name);
  const milliCores = world.dice.integer(1, 2) * largestApplication.milliCores;
  const memoryMiB = world.dice.integer(1, 2) * largestApplication.memoryMiB;
  const gpus = world.dice.integer(1, 2) * largestApplication.gpus;
  history.observe({ kind: "worker-offers", workerId: name, milliCores, memoryMiB, gpus });
  const supervisor = new SupervisorNode(world, history, host);
  return new WorkerNode({
    world,
    history,
    network,
    host,
    supervisor,
    masters: [masterAddress],
    milliCores,
    memoryMiB,
    gpus,
    trustRefusal,
  });
}
