import { IS_POSTGRES } from '../support/database.js';
import { postgresPair } from '../support/postgres-pair.js';
import { type ChaosDatabase, createChaosDatabase } from './rig/database.js';
import type { Fault, Ground } from './rig/fault.js';
import { describeFaults } from './rig/play.js';

interface Pair extends Ground {
  servers: ChaosDatabase[];
  holdBack(): Promise<void>;
  /** The primary is killed. */
  kill(): Promise<void>;
  /** The standby takes writes, and the pooler leads to it. @param first the pooler leads there before that */
  takeOver(first: () => Promise<void>): Promise<void>;
}

/** The sidecars know one address: that of PgBouncer, which leads to a primary with a standby. */
async function pair(): Promise<Pair> {
  const both = await postgresPair('chaos-pair');
  const [primary, standby] = [both.primary, both.standby].map((server) => createChaosDatabase(server)) as [
    ChaosDatabase,
    ChaosDatabase,
  ];
  let current = primary;
  const { port } = both.pooler;
  const pooled: ChaosDatabase = {
    ...primary,
    server: { ...both.primary, ports: { ...both.primary.ports, mariadb: port } },
    query: (statements) => current.query(statements),
    rows: (statement) => current.rows(statement),
  };
  return {
    servers: [pooled],
    holdBack: both.holdBack,
    kill: () => primary.stop('SIGKILL'),
    async takeOver(first) {
      both.pooler.lead(both.standby.ports.mariadb);
      current = standby;
      await first();
      await both.promote();
    },
    end: both.remove,
  };
}

const FAULTS: Fault[] = [
  {
    name: 'the primary behind PgBouncer is killed, and its standby takes over',
    sidecars: [1, 3, 2],
    ground: pair,
    async play({ answered, pass }, ground) {
      const { kill, takeOver } = ground as Pair;
      await answered(4);
      await kill();
      await pass(5);
      await takeOver(() => pass(3));
    },
  },
  {
    name: 'the standby behind PgBouncer takes over without the last seconds of the primary',
    short: true,
    sidecars: [1, 3, 2],
    ground: pair,
    async play({ database, provider, answered, pass }, ground) {
      const { holdBack, kill, takeOver } = ground as Pair;
      await holdBack();
      await answered(6);
      await pass(0.5);
      await kill();
      await takeOver(async () => undefined);
      const rows = await database.rows('SELECT token_config_id, refresh_token FROM oauth2_token');
      const missing = rows.filter(([id, token]) => token !== provider.ledger.newestToken(Number(id)));
      console.log(`        commits lost: ${missing.length}`);
    },
  },
];

if (IS_POSTGRES) describeFaults('a standby that takes over', FAULTS);
