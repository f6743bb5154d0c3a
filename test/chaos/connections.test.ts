import { until } from '../lab/ports.js';
import { SIDECAR_USER } from '../lab/sidecar-user.js';
import { IS_POSTGRES } from '../support/database.js';
import { BREAKAGES } from './rig/breakages.js';
import { cutOffWithAnswers, expectUnasked } from './rig/cut-off.js';
import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';
import { openSession } from './rig/sessions.js';

/** PostgreSQL restarts itself after the crash of one process: no other can trust the shared memory any more. */
const crashes: Fault = {
  name: 'a process of the database server crashes again and again, and takes all others with it',
  async play({ database, answered }) {
    /** @returns whether there was one */
    const kill = async () => {
      const query = `SELECT MAX(pid) FROM pg_stat_activity WHERE usename = '${SIDECAR_USER.user}'`;
      const [[pid = ''] = []] = await database.rows(query).catch(() => []);
      try {
        return Number(pid) > 0 && process.kill(Number(pid), 'SIGKILL');
      } catch {
        return false;
      }
    };
    for (let time = 0; time < 3; time++) {
      await answered(3);
      await until('a process that serves a sidecar is killed', kill);
    }
  },
};

const FAULTS: Fault[] = [
  {
    name: 'others take all connections of the database server for 20 s',
    async play({ database, answered, pass, sidecars }) {
      await answered(3);
      await BREAKAGES.limitConnections(database, 12);
      for (const { proxy } of sidecars) proxy.cut();
      const sessions = await Promise.all(
        Array.from({ length: 12 }, () => openSession(database).catch(() => null)),
      );
      await pass(20);
      for (const session of sessions) await session?.end().catch(() => undefined);
      await BREAKAGES.limitConnections(database, null);
    },
  },
  {
    name: 'all open connections to the database fall silent',
    short: true,
    async play({ sidecars, answered }) {
      await answered(3);
      for (const { proxy } of sidecars) proxy.silence();
    },
  },
  {
    name: 'all connections to the database are silent for 30 s, new ones too',
    async play({ sidecars, answered, pass }) {
      await answered(3);
      for (const { proxy } of sidecars) {
        proxy.silenceNew(true);
        proxy.silence();
      }
      await pass(30);
      for (const { proxy } of sidecars) {
        proxy.silenceNew(false);
        proxy.silence();
      }
    },
  },
  {
    name: 'the database says nothing for 80 s: /readyz and the log tell it',
    sidecars: [1],
    async play({ sidecar, answered, pass }) {
      await answered(3);
      // It must not hang itself.
      const ready = () =>
        fetch(`${sidecar.url}/readyz`, { signal: AbortSignal.timeout(20_000) }).then(({ status }) => status);
      sidecar.proxy.silenceNew(true);
      sidecar.proxy.silence();
      await pass(80);
      const silent = await ready();
      sidecar.proxy.silenceNew(false);
      sidecar.proxy.silence();
      let back = 0;
      for (let wait = 0; wait < 60 && back !== 200; wait++) {
        await pass(1);
        back = await ready();
      }
      const told = sidecar.log().filter(({ msg }) => msg === 'no pass over the due list has completed');
      if (silent !== 503 || back !== 200 || told.length === 0)
        throw new Error(`/readyz said ${silent}, then ${back}; lines of the log: ${told.length}`);
    },
  },
  {
    name: 'connections to the database are cut again and again',
    async play({ sidecars, answered, pass, random }) {
      for (let time = 0; time < 4; time++) {
        // After a cut nothing is sent for a while, so that each group of cuts meets renewals.
        await answered(2);
        for (let cut = 0; cut < 3; cut++) {
          for (const { proxy } of sidecars) proxy.cut();
          await pass(random.between(0.1, 1));
        }
      }
    },
  },
  {
    name: 'the connection breaks while a commit is on its way',
    async play({ sidecars, answered, pass }) {
      for (let time = 0; time < 3; time++) {
        await answered(1);
        for (const { proxy } of sidecars) proxy.cutAfter(/commit/i);
        await pass(7);
        for (const { proxy } of sidecars) proxy.cutAfter(undefined);
      }
    },
  },
  {
    name: 'each packet to and from the database takes 150 ms',
    async play({ sidecars, pass }) {
      for (const { proxy } of sidecars) proxy.delay(150);
      await pass(30);
      for (const { proxy } of sidecars) proxy.delay(0);
    },
  },
  {
    name: 'one sidecar is cut off from the database, with answers in its journal, until its leases have ended',
    sidecars: [2, 3],
    async play(world) {
      const { sidecar, database, provider, pass, endLeases, mayLose } = world;
      const waiting = await cutOffWithAnswers(world);
      // The tokens end, the leases do not.
      await pass(provider.lifetime());
      expectUnasked(world, waiting);
      await endLeases();
      const ids = [...waiting.keys()];
      await database.query(
        `UPDATE oauth2_sidecar_renewal SET due_at = 1 WHERE token_config_id IN (${ids.join(',')})`,
      );
      await pass(15);
      sidecar.proxy.refuse(false);
      // docs/operations.md, "What can still be lost": the others take over these leases.
      mayLose(ids);
    },
  },
  ...(IS_POSTGRES ? [crashes] : []),
];

describeFaults('connections to the database', FAULTS);
