import { expect } from 'chai';
import { isRenewable } from '../../../plugin/domain/token/renewal.js';
import type { RenewalStore } from '../../../plugin/domain/token/renewal-store.js';
import { SidecarError } from '../../../plugin/errors.js';
import { tokenOf } from '../../support/samples.js';
import { fails, granted, make } from './setup.js';

/** Configurations that can be renewed but have neither a due time nor a running lease. */
async function forgottenOf({ renewals, tokenConfigs, clock }: ReturnType<typeof make>): Promise<number[]> {
  const now = clock();
  const found: number[] = [];
  for (const { id } of tokenConfigs.rows) {
    const row = await renewals.one(id);
    const { dueAt, lease } = renewals.row(id);
    if (row && isRenewable(row, now) && dueAt === null && (lease?.until ?? 0) <= now.getTime())
      found.push(id);
  }
  return found;
}

describe('a pass over the due list', () => {
  const busy = new SidecarError('database-busy');
  const away = new SidecarError('database-unavailable');
  const STEPS = ['reconcile', 'lookAgain', 'unscheduled'] as const;

  for (const error of [busy, away, new SidecarError('internal'), new TypeError('a mistake')])
    for (const step of STEPS)
      it(`reads the due list although the step before it fails: ${step}, ${(error as SidecarError).code ?? error.name}`, async () => {
        const it = make();
        await it.renewalService.tick();
        it.set('LeadMinutes', 20);
        it.renewals[step] = async () => {
          throw error;
        };
        it.tokens.rows.set(7, tokenOf({ refreshToken: 'of-perl', accessTokenExpiresAt: it.clock() }));
        it.renewals.row(7).dueAt = it.clock().getTime();
        it.clock.advance(301);
        // After a database outage, journals of other hosts come first, but only once.
        await it.renewalService.tick();
        it.clock.advance(11);
        await it.renewalService.tick();
        expect(it.asked).to.deep.equal([7, 7]);
        expect(it.lines.map(({ message }) => message)).to.include('a step of the pass failed');
      });

  it('reads the due list although the journal cannot be replayed', async () => {
    const it = make();
    it.failReplay(busy);
    await it.renewalService.tick();
    expect(it.asked).to.deep.equal([7]);
  });

  it('uses the last known settings while they cannot be read', async () => {
    const it = make();
    await it.renewalService.tick();
    it.failPolicy(away);
    it.clock.advance(3600);
    await it.renewalService.tick();
    expect(it.asked).to.deep.equal([7, 7]);
  });

  it('ends although every due row stays due because it is locked', async () => {
    const ids = Array.from({ length: 200 }, (_, at) => at + 1);
    const it = make(granted, ids);
    it.renewals.schedule = async () => undefined;
    it.renewals.acquire = async () => null;
    await it.renewalService.tick();
    expect(it.renewals.dueCalls).to.equal(2);
    expect(it.asked).to.deep.equal([]);
  });

  it('makes forgotten configurations due, in every state, logs an error, and counts them', async () => {
    const states: [string, Parameters<typeof make>[0]][] = [
      ['after a success', granted],
      ['after a passing failure', fails({})],
      ['after a refused client', fails({ outcome: 'client-rejected', error: 'invalid_client' })],
      ['after a refused request', fails({ outcome: 'refused', error: 'invalid_scope' })],
    ];
    for (const [state, answer] of states) {
      const it = make(answer, [3, 7]);
      await it.renewalService.tick();
      it.renewals.row(7).dueAt = null;
      expect(await forgottenOf(it), state).to.deep.equal([7]);
      it.clock.advance(299);
      await it.renewalService.tick();
      expect(await forgottenOf(it), state).to.deep.equal([7]);
      it.clock.advance(1);
      await it.renewalService.tick();
      expect(await forgottenOf(it), state).to.deep.equal([]);
      expect(it.renewalService.forgotten(), state).to.equal(1);
      expect(it.lines, state).to.deep.include({
        level: 'error',
        facts: { number: 1, configIds: [7] },
        message: 'configurations without a due time are due now',
      });
    }
  });

  it('makes configurations due at the start that a wrong clock has moved years ahead', async () => {
    const it = make();
    await it.renewals.reconcile(it.clock());
    it.renewals.row(7).dueAt = it.clock().getTime() + 365 * 24 * 3_600_000;
    await it.renewalService.tick();
    expect([it.asked, it.renewalService.forgotten()]).to.deep.equal([[7], 1]);
  });

  it('leaves configurations alone that cannot be renewed, or are being renewed at this moment', async () => {
    const it = make(fails({ outcome: 'grant-dead', error: 'invalid_grant' }), [3, 7]);
    await it.renewalService.tick();
    it.clock.advance(70);
    await it.renewalService.tick();
    expect([3, 7].map((id) => it.renewals.row(id).dueAt)).to.deep.equal([null, null]);
    it.renewals.row(3).state = { ...it.renewals.row(3).state, outcome: null };
    it.renewals.row(3).lease = { holder: 'another', until: it.clock().getTime() + 400_000 };
    it.clock.advance(300);
    await it.renewalService.tick();
    expect([it.renewalService.forgotten(), it.asked]).to.deep.equal([0, [3, 7]]);
  });

  it('finds forgotten configurations on many pages', async () => {
    const ids = Array.from({ length: 1200 }, (_, at) => at + 1);
    const it = make(granted, ids);
    await it.renewalService.tick();
    for (const id of ids) it.renewals.row(id).dueAt = null;
    const pages: number[] = [];
    const unscheduled: RenewalStore['unscheduled'] = it.renewals.unscheduled.bind(it.renewals);
    it.renewals.unscheduled = async (now, after, limit) => {
      pages.push(after);
      return unscheduled(now, after, limit);
    };
    it.clock.advance(300);
    await it.renewalService.tick();
    expect([pages, it.renewalService.forgotten()]).to.deep.equal([[0, 500, 1000], 1200]);
  });
});
