import { expect } from 'chai';
import { until } from '../../lab/ports.js';
import { well } from './provider.js';
import type { Sidecar } from './sidecars.js';
import type { World } from './world.js';

/** How often to try: the answer may come too early on a busy machine. After each try, no renewal begins for half a minute. */
const TRIES = 5;
/** How long to wait for a renewal. Milliseconds. */
const PATIENCE = 180_000;
/** An answer comes this late, so that a connection can break in between. Milliseconds. */
const LATE = 3000;
/** Takes a lease (db/repositories/leases.ts), right before the request to the provider. */
const TAKES_LEASE = /set .lease_holder. = .*lease_holder. is null/is;

/** @returns how many answers are in its journal and not in the database, as far as it knows */
async function answersIn({ url }: Sidecar): Promise<number> {
  const metrics = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(20_000) });
  const [, entries = '0'] = /^oauth2_sidecar_journal_entries (\d+)$/m.exec(await metrics.text()) ?? [];
  return Number(entries);
}

/** Living grants whose newest token is not stored, with its number. */
async function unstored({ database, provider }: World): Promise<Map<number, number>> {
  const rows = await database.rows('SELECT token_config_id, refresh_token FROM oauth2_token');
  return new Map(
    rows
      .map(([id, token]) => ({ token, grant: provider.ledger.grants.get(Number(id)) }))
      .flatMap(({ token, grant }) => (grant?.alive ? [{ token, grant }] : []))
      .filter(({ token, grant }) => token !== provider.ledger.newestToken(grant.number))
      .map(({ grant: { number, newest } }) => [number, newest]),
  );
}

/**
 * Cuts the first sidecar off from the database while it waits for answers, until at least one of them is in its journal
 * only.
 * @returns the number of each such grant and of its newest refresh token
 */
export async function cutOffWithAnswers(world: World): Promise<Map<number, number>> {
  const { sidecar, provider, pass } = world;
  for (let time = 0; time < TRIES; time++) {
    provider.behave(well(LATE));
    let renews = false;
    sidecar.proxy.watch(TAKES_LEASE, () => {
      renews = true;
      return true;
    });
    await until('the first sidecar renews', () => renews, PATIENCE);
    // The request follows at once.
    await pass(1);
    sidecar.proxy.refuse(true);
    sidecar.proxy.cut();
    provider.behave(well());
    await pass(4);
    const before = await unstored(world);
    // The others store theirs meanwhile.
    await pass(3);
    const waiting = new Map([...(await unstored(world))].filter(([id, newest]) => before.get(id) === newest));
    const entries = await answersIn(sidecar);
    if (waiting.size > 0 && entries >= waiting.size) {
      console.log(`        only in the journal of the sidecar that is cut off: ${waiting.size}`);
      return waiting;
    }
    sidecar.proxy.refuse(false);
  }
  throw new Error(`No answer of ${TRIES} times was left in the journal`);
}

/** Nobody has sent a refresh token whose answer waits: neither the used one nor its successor. */
export function expectUnasked({ provider: { ledger } }: World, waiting: ReadonlyMap<number, number>): void {
  const asked = [...waiting].filter(([id, newest]) => {
    const grant = ledger.grants.get(id);
    return !grant?.alive || grant.newest !== newest || grant.reused.length > 0;
  });
  expect(asked, 'asked although an answer waits').to.deep.equal([]);
}
