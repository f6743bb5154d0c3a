import { expect } from 'chai';
import { grantSidecarUser } from '../lab/sidecar-user.js';
import { IS_POSTGRES } from '../support/database.js';
import type { Fault } from './rig/fault.js';
import { ownTables, resetOwnTables, runMigration } from './rig/migrations.js';
import { describeFaults } from './rig/play.js';
import { well } from './rig/provider.js';

/** Kills of a migration, each at a different statement. */
const KILLS = 13;

const FAULTS: Fault[] = [
  {
    name: 'a sidecar is killed again and again, and started again',
    sidecars: [1, 2, 3],
    short: true,
    async play({ sidecars, random, answered }) {
      for (let kill = 0; kill < 4; kill++) {
        await answered(1 + random.below(4));
        const sidecar = sidecars[random.below(sidecars.length)];
        await sidecar?.kill();
        await sidecar?.start();
      }
    },
  },
  {
    name: 'ten renewals a second, killed again and again: what was on the wire',
    sidecars: [1],
    world: { configs: 120 },
    async play({ sidecar, provider, random, pass }) {
      const before = provider.requests();
      let seconds = 0;
      for (let kill = 0; kill < 15; kill++) {
        const running = random.between(2, 4);
        await pass(running);
        await sidecar.kill();
        seconds += running;
        await sidecar.start();
      }
      console.log(`        answers: ${provider.requests() - before} in ${Math.round(seconds)} s; kills: 15`);
    },
  },
  {
    name: 'a sidecar is suspended in mid-renewal until access tokens have ended',
    async play({ sidecar, provider, asked, pass }) {
      provider.behave(well(600));
      await asked();
      sidecar.signal('SIGSTOP');
      await pass(provider.lifetime() + 5);
      sidecar.signal('SIGCONT');
    },
  },
  {
    name: 'a sidecar gets SIGTERM with answers on their way, and is started again',
    short: true,
    world: { sidecar: { settings: { 'WebUserAgent::Timeout': '15' } } },
    async play({ sidecar, provider, asked, pass }) {
      provider.behave(well(7000));
      await asked(3);
      await pass(0.2);
      await sidecar.stop('SIGTERM');
      await sidecar.start();
    },
  },
  {
    name: 'a sidecar is suspended between its lease and its request, until another has the lease',
    sidecars: [2, 3],
    async play({ sidecar, random, pass, endLeases }) {
      // To leave time between the two.
      sidecar.proxy.delay(150);
      for (let time = 0; time < 4; time++) {
        await pass(random.between(1, 3));
        sidecar.signal('SIGSTOP');
        await endLeases();
        await pass(12);
        sidecar.signal('SIGCONT');
      }
      sidecar.proxy.delay(0);
    },
  },
  {
    name: 'thirteen migrations are killed, each at one of its statements',
    async play({ sidecars, sidecar, database, random }) {
      await Promise.all(sidecars.map((one) => one.stop()));
      const others = sidecars.slice(1);
      const whole = await ownTables(database);
      let statements = 0;
      const killedAt: number[] = [];
      for (let kill = 0; kill < KILLS; ) {
        // No released version with other tables knew PostgreSQL.
        const version = kill % 2 === 0 || IS_POSTGRES ? null : '0.1.0';
        await resetOwnTables(database, version);
        const at = 1 + random.below(statements || 10);
        // Beside it or after it another migration runs, which must not wait for the lease of the dead one.
        const beside = others.map((one) => runMigration(one));
        const killed = await runMigration(sidecar, at, random.next() < 0.5);
        const ends = await Promise.all(beside);
        if (ends.length === 0) ends.push(await runMigration(sidecar));
        expect(ends.map(({ end }) => end)).to.deep.equal(ends.map(() => 0));
        expect(await ownTables(database), `from ${version}, killed at ${at}`).to.deep.equal(whole);
        statements = Math.max(statements, killed.statements, ...ends.map((one) => one.statements));
        // When others were faster, this one may have had less to do.
        if (killed.end !== 'SIGKILL') continue;
        killedAt.push(at);
        kill++;
      }
      console.log(`        killed at: ${killedAt.join(', ')} of ${statements}`);
      // PostgreSQL takes the rights on a table away with the table.
      await grantSidecarUser(database.server);
      await Promise.all(sidecars.map((one) => one.start()));
    },
  },
];

describeFaults('processes', FAULTS);
