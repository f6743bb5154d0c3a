import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';
import { drops, half, hangs, type Manner, refuses, well } from './rig/provider.js';

const during = (name: string, manner: Manner, more: Partial<Fault> = {}): Fault => ({
  name,
  async play({ provider, pass }) {
    provider.behave(manner);
    await pass(15);
  },
  ...more,
});

/** After a long outage: all configurations have their next attempt in many minutes, and the provider has recovered. */
const LONG_OUTAGE = `UPDATE oauth2_sidecar_renewal SET failures = 9, outcome = 'transient', error = 'timeout',
  retry_at = (UNIX_TIMESTAMP() + 900) * 1000, due_at = (UNIX_TIMESTAMP() + 900) * 1000, reason = 'backing_off'`;

const FAULTS: Fault[] = [
  during('the provider hangs', hangs),
  during('the provider answers 500', refuses(500)),
  during('the provider answers 429 with Retry-After', refuses(429, { 'Retry-After': '5' })),
  during('each answer comes a second after the time limit', well(5000), { short: true }),
  during('each answer comes long after the time limit', well(12_000)),
  ...['text/html', 'text/plain', 'text/javascript', null].map((type) =>
    during(`each answer has the Content-Type ${type ?? 'of none'}`, well(0, type), {
      sidecars: [1],
      short: type === 'text/html',
    }),
  ),
  {
    name: 'after a long outage the first success makes all others due',
    short: true,
    async play({ provider, database, sidecars, asked }) {
      provider.behave(refuses(503));
      // A failure within a minute after a success says nothing about the provider; a new process knows of none.
      for (const one of sidecars) {
        await one.stop();
        await one.start();
      }
      await asked(12);
      await database.query(LONG_OUTAGE);
      provider.behave(well());
      await database.query(
        'UPDATE oauth2_sidecar_renewal SET retry_at = 1, due_at = 1 WHERE token_config_id = 1',
      );
    },
  },
  during('the provider uses tokens and drops the connection', drops, { withholds: true, sidecars: [1] }),
  during('the provider uses tokens and sends half an answer', half, { withholds: true, sidecars: [1] }),
  ...Object.entries({ cut: drops, incomplete: half }).map(
    ([lost, manner]): Fault => ({
      name: `a grant that dies because its answer was lost is told as that: ${lost}`,
      sidecars: [1],
      withholds: true,
      async play({ provider, database, ids, pass }) {
        provider.behave(manner);
        await pass(12);
        provider.behave(well());
        await database.query(
          'UPDATE oauth2_sidecar_renewal SET retry_at = 1, due_at = 1 WHERE retry_at IS NOT NULL',
        );
        await pass(20);
        const told = await database.rows(
          `SELECT outcome, code, COUNT(*) FROM oauth2_sidecar_event
           WHERE code LIKE 'invalid_grant%' AND token_config_id IN (${ids.join(',')}) GROUP BY outcome, code`,
        );
        const wrong = told.filter(
          ([outcome, code]) => outcome !== 'interrupted' || code !== `invalid_grant answer_lost_${lost}`,
        );
        if (told.length === 0 || wrong.length > 0) throw new Error(`Told: ${JSON.stringify(told)}`);
      },
    }),
  ),
  {
    name: 'the provider does all of that by turns',
    sidecars: [1, 2, 3],
    withholds: true,
    async play({ provider, random, pass }) {
      const manners = [well(), well(300), well(5000), hangs, refuses(500), refuses(429), well(0, null), half];
      provider.behave(() => manners[random.below(manners.length)] ?? hangs);
      await pass(40);
    },
  },
];

describeFaults('provider', FAULTS);
