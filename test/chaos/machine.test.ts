import net from 'node:net';
import { ownClock, type SetClock } from './rig/clock.js';
import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';
import { well } from './rig/provider.js';

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
    name: 'eighty idle clients, where 64 files may be open',
    short: true,
    sidecars: [1],
    world: { sidecar: { around: ['prlimit', '--nofile=64:64', '--'] } },
    async play({ sidecar, pass }) {
      const { hostname, port } = new URL(sidecar.url);
      const clients = Array.from({ length: 80 }, () =>
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
];

describeFaults('the machine', FAULTS);
