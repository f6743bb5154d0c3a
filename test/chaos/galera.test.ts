import { startGalera, startNode, stopGalera } from '../lab/galera.js';
import { lab } from '../support/instance.js';
import { type ChaosDatabase, createChaosDatabase } from './rig/database.js';
import type { Fault, Ground } from './rig/fault.js';
import { describeFaults } from './rig/play.js';

interface Cluster extends Ground {
  servers: ChaosDatabase[];
  /** The second node comes back. */
  rejoin(): Promise<void>;
}

/** Two nodes. The sidecars use them by turns, so a single one uses the node that stays. */
async function cluster(): Promise<Cluster> {
  const end = () => stopGalera(lab);
  try {
    const nodes = await startGalera(lab);
    const servers = nodes.map((node) => createChaosDatabase(node));
    await servers[0]?.create();
    return { servers, rejoin: () => startNode(nodes, 1, false), end };
  } catch (error) {
    await end();
    throw error;
  }
}

const FAULTS: Fault[] = [
  {
    name: 'a node of a Galera cluster leaves in order, and returns',
    short: true,
    sidecars: [1, 3, 2],
    ground: cluster,
    async play({ answered, pass, holdLeases }, ground) {
      const { servers, rejoin } = ground as Cluster;
      await answered(4);
      await servers[1]?.stop();
      await pass(15);
      await holdLeases(rejoin);
    },
  },
  {
    name: 'a node of a Galera cluster is killed: the other refuses everything until it is back',
    sidecars: [1, 3, 2],
    ground: cluster,
    async play({ answered, pass, holdLeases }, ground) {
      const { servers, rejoin } = ground as Cluster;
      await answered(4);
      await servers[1]?.stop('SIGKILL');
      await pass(15);
      await holdLeases(rejoin);
    },
  },
  {
    name: 'a node of a Galera cluster is suspended for 20 s',
    sidecars: [1, 3, 2],
    ground: cluster,
    async play({ answered, pass }, ground) {
      const { servers } = ground as Cluster;
      await answered(4);
      servers[1]?.signal('SIGSTOP');
      await pass(20);
      servers[1]?.signal('SIGCONT');
    },
  },
];

describeFaults('Galera', FAULTS);
