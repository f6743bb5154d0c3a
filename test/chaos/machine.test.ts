import { chownSync, readdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { labUser } from '../lab/lab-user.js';
import { ownClock, type SetClock } from './rig/clock.js';
import { type Disk, smallDisk } from './rig/disk.js';
import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';
import { well } from './rig/provider.js';
import { lockTokens } from './rig/sessions.js';
import { slowDisk } from './rig/slow-disk.js';
import { isRoot } from './rig/world.js';

/** Small disks and mounts are root's. */
const ROOTS: Fault[] = [
  {
    name: 'the disk of the journal is full',
    short: true,
    ground: smallDisk,
    async play({ pass, answered }, ground) {
      const disk = ground as Disk;
      await answered(2);
      disk.fill(true);
      await pass(25);
      disk.fill(false);
    },
  },
  {
    name: 'the folder of the journal is read-only for 25 s',
    short: true,
    ground: smallDisk,
    async play({ pass, answered }, ground) {
      const disk = ground as Disk;
      await answered(2);
      await disk.remount('ro');
      await pass(25);
      await disk.remount('rw');
    },
  },
  {
    name: 'an answer in the journal belongs to root, and its sidecar starts again',
    sidecars: [1],
    async play({ sidecar, database, ids, provider, answered, pass, endLeases }) {
      const unlock = await lockTokens(database, ids);
      await answered(3);
      await pass(1);
      await sidecar.kill();
      await unlock();
      const names = readdirSync(sidecar.state).filter((name) => /\.answers?$/.test(name));
      const owned = (uid: number, gid: number) => {
        for (const name of names) chownSync(path.join(sidecar.state, name), uid, gid);
      };
      owned(0, 0);
      await endLeases();
      await sidecar.start();
      await pass(provider.lifetime());
      await sidecar.stop();
      owned(labUser().uid, labUser().gid);
      await sidecar.start();
    },
  },
];

const FAULTS: Fault[] = [
  ...(isRoot ? ROOTS : []),
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
    name: 'each wait for the disk takes 0.3 s, and a sidecar is killed ten times',
    ground: () => slowDisk(300),
    async play({ sidecars, random, answered, pass }) {
      for (let kill = 0; kill < 10; kill++) {
        await answered(2);
        await pass(random.between(0.05, 0.3));
        const sidecar = sidecars[random.below(sidecars.length)];
        await sidecar?.kill();
        await sidecar?.start();
      }
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

describeFaults('machine', FAULTS);
