import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Instance } from './instance.js';
import { giveToLabUser } from './lab-user.js';
import { createDatabase, sql, startMariadb } from './mariadb.js';
import { until } from './ports.js';
import { stopServer } from './servers.js';

const NODES = [1, 2];
const PLUGIN = '/usr/lib/galera/libgalera_smm.so';

/** The same instance with a cluster node in place of its MariaDB. */
function nodeOf(of: Instance, n: number): Instance {
  const port = of.ports.mariadb + 10 * n;
  return {
    ...of,
    dir: path.join(of.dir, `galera-${n}`),
    ports: { ...of.ports, mariadb: port },
    database: { ...of.database, port, database: 'cluster' },
  };
}

/** Starts a node: the first of a new cluster, or one that joins the others. Resolves when it is synchronised with them. */
export async function startNode(nodes: readonly Instance[], at: number, isFirst: boolean): Promise<void> {
  const node = nodes[at] as Instance;
  const group = (of: Instance) => `127.0.0.1:${of.ports.mariadb + 1}`;
  const others = nodes.filter((other) => other !== node).map(group);
  await startMariadb(node, [
    '--binlog-format=ROW',
    '--innodb-autoinc-lock-mode=2',
    '--innodb-log-file-size=16M',
    '--wsrep-on=ON',
    `--wsrep-provider=${PLUGIN}`,
    '--wsrep-cluster-name=oauth2-lab',
    `--wsrep-cluster-address=gcomm://${isFirst ? '' : others.join(',')}`,
    ...(isFirst ? ['--wsrep-new-cluster'] : []),
    `--wsrep-node-address=${group(node)}`,
    '--wsrep-sst-method=rsync',
    `--wsrep-sst-receive-address=127.0.0.1:${node.ports.mariadb + 2}`,
    `--wsrep-provider-options=gmcast.listen_addr=tcp://${group(node)};ist.recv_addr=127.0.0.1:${node.ports.mariadb + 3}`,
  ]);
  await until(
    'the node is in step with the others',
    async () => (await sql(node, "SHOW STATUS LIKE 'wsrep_local_state_comment'")).includes('Synced'),
    600_000,
  );
}

/** A genuine Galera cluster of two nodes (Debian's MariaDB), created anew, with an empty database. @returns its nodes */
export async function startGalera(of: Instance): Promise<Instance[]> {
  // What a failed start has left, while its pid files exist.
  await stopGalera(of);
  const nodes = NODES.map((n) => nodeOf(of, n));
  for (const [at, node] of nodes.entries()) {
    mkdirSync(node.dir, { recursive: true });
    giveToLabUser(node.dir);
    await startNode(nodes, at, at === 0);
    if (at === 0) await createDatabase(node, node.database.database);
  }
  return nodes;
}

export async function stopGalera(of: Instance): Promise<void> {
  for (const n of [...NODES].reverse()) {
    await stopServer(nodeOf(of, n), 'mariadb');
    rmSync(nodeOf(of, n).dir, { recursive: true, force: true });
  }
}
