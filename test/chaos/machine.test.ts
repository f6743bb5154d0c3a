import net from 'node:net';
import { ownClock, type SetClock } from './rig/clock.js';
import type { Fault } from './rig/fault.js';
import { numberUsedAgain, rebooted, renameWriter, type WriterName } from './rig/past-writer.js';
import { describeFaults } from './rig/play.js';
import { well } from './rig/provider.js';
import { lockTokens } from './rig/sessions.js';

/** All are killed with answers in their journals, and what they left behind has the number of another process. */
const numberTaken = (name: string, rename: (name: WriterName) => WriterName): Fault => ({
  name,
  async play({ sidecars, database, ids, answered, pass }) {
    const unlock = await lockTokens(database, ids);
    await answered(3);
    await pass(1);
    await Promise.all(sidecars.map((one) => one.kill()));
    await unlock();
    let waiting = 0;
    for (const one of sidecars) waiting += await renameWriter(one, database, rename);
    if (waiting === 0) throw new Error('The journals hold nothing.');
    await Promise.all(sidecars.map((one) => one.start()));
    // Until no answer is withheld any more, and for most of the time until the leases of the dead processes expire.
    await pass(40);
  },
});

/** When the clocks change in Berlin. */
const NIGHTS = { back: '2026-10-25T01:00:00Z', forward: '2027-03-28T01:00:00Z' };

const summerTime = (night: keyof typeof NIGHTS): Fault => ({
  name: `the night in which the helpdesk's clocks are set ${night}: each token is renewed once in its time`,
  ground: async () => {
    const clock = await ownClock();
    return { ...clock, sidecar: { ...clock.sidecar, settings: { OTRSTimeZone: 'Europe/Berlin' } } };
  },
  async play({ sidecars, database, provider, ids, idle, pass }, ground) {
    const clock = ground as SetClock;
    await Promise.all(sidecars.map((one) => one.stop()));
    // As of that night, and with nothing remembered from another day.
    const before = Date.parse(NIGHTS[night]) - 30_000;
    const local = new Date(before + (night === 'back' ? 2 : 1) * 3_600_000 + 20_000);
    await database.query(`DELETE FROM oauth2_sidecar_renewal;
      UPDATE oauth2_token SET token_expiration_date = '${local.toISOString().slice(0, 19).replace('T', ' ')}'`);
    clock.set(Math.round((before - Date.now()) / 1000));
    await Promise.all(sidecars.map((one) => one.start()));
    for (const half of ['before', 'after']) {
      const since = Date.now();
      await pass(2 * provider.lifetime());
      const counts = provider.ledger.exchangesSince(since).map(({ count }) => count);
      // Half of the lifetime ahead, so that a wrong hour would make each of them due at any time.
      const often = counts.filter((count) => count > 6).length;
      if (idle(since).length > 0 || often > 0)
        throw new Error(`${half}: late ${idle(since)}; ${often} of ${ids.length} too often`);
    }
  },
});

const FAULTS: Fault[] = [
  {
    name: 'the disk of the log is full',
    short: true,
    sidecars: [1],
    world: { sidecar: { around: ['sh', '-c', 'exec "$@" > /dev/full', 'sh'] } },
    async play({ pass }) {
      await pass(15);
    },
  },
  {
    // With 64, the loader that reads the sources has too many of them open at once now and then.
    name: '160 idle clients, where 128 files may be open',
    short: true,
    sidecars: [1],
    world: { sidecar: { around: ['prlimit', '--nofile=128:128', '--'] } },
    async play({ sidecar, pass }) {
      const { hostname, port } = new URL(sidecar.url);
      const clients = Array.from({ length: 160 }, () =>
        net.connect(Number(port), hostname).on('error', () => undefined),
      );
      await pass(20);
      const answer = await fetch(`${sidecar.url}/readyz`);
      for (const client of clients) client.destroy();
      if (answer.status !== 200) throw new Error(`/readyz says ${answer.status}`);
    },
  },
  {
    name: 'the clock is set an hour ahead in mid-renewal, and back',
    ground: ownClock,
    async play({ provider, asked, pass }, ground) {
      const clock = ground as SetClock;
      provider.behave(well(500));
      await asked();
      clock.set(3600);
      await pass(15);
      clock.set(0);
    },
  },
  {
    name: 'the clock is set an hour back in mid-renewal',
    ground: ownClock,
    async play({ provider, asked }, ground) {
      const clock = ground as SetClock;
      provider.behave(well(500));
      await asked();
      clock.set(-3600);
    },
  },
  summerTime('back'),
  summerTime('forward'),
  numberTaken(
    'sidecars are killed, and another process has their numbers when they start again',
    numberUsedAgain,
  ),
  numberTaken('a machine is restarted, and another process has the numbers of its sidecars', rebooted),
];

describeFaults('the machine', FAULTS);
