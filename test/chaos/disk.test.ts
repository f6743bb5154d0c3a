import { chownSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { labUser } from '../lab/lab-user.js';
import { type Disk, smallDisk } from './rig/disk.js';
import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';
import { lockTokens } from './rig/sessions.js';
import { slowDisk } from './rig/slow-disk.js';
import { isRoot } from './rig/world.js';

/** Small disks and mounts require root. */
const ROOTS: Fault[] = [
  {
    name: 'the disk of the journal is full',
    short: true,
    ground: smallDisk,
    async play({ pass, answered }, ground) {
      const disk = ground as Disk;
      await answered(2);
      disk.fill(true);
      await pass(15);
      disk.fill(false);
    },
  },
  {
    name: 'the folder of the journal is read-only for 15 s',
    short: true,
    ground: smallDisk,
    async play({ pass, answered }, ground) {
      const disk = ground as Disk;
      await answered(2);
      await disk.remount('ro');
      await pass(15);
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
];

describeFaults('the disk of the journal', FAULTS);
