import { prepareSidecarUser } from '../lab/sidecar-user.js';
import { BREAKAGES, type Refusal } from './rig/breakages.js';
import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';

const refused = (what: Refusal, more: Partial<Fault> = {}): Fault => ({
  name: `the database refuses every token for 30 s: ${what}`,
  async play({ database, pass }) {
    await BREAKAGES.refuseTokens(database, what);
    await pass(30);
    await BREAKAGES.refuseTokens(database, null);
  },
  ...more,
});

const FAULTS: Fault[] = [
  {
    name: 'the database server is read-only for 20 s',
    async play({ database, answered, pass }) {
      await answered(3);
      await BREAKAGES.readOnly(database, true);
      await pass(20);
      await BREAKAGES.readOnly(database, false);
    },
  },
  refused('the table is full', { short: true }),
  refused('the node is not in step'),
  refused('the storage engine reports an error'),
  {
    name: 'the right to write tokens is missing for 40 s',
    async play({ database, answered, pass }) {
      await answered(3);
      await BREAKAGES.revokeTokens(database);
      await pass(40);
      await prepareSidecarUser(database.server);
    },
  },
];

describeFaults('the database refuses to write', FAULTS);
