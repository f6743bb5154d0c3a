import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';
import { well } from './rig/provider.js';

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
      // So that there is time between the two.
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
];

describeFaults('processes', FAULTS);
