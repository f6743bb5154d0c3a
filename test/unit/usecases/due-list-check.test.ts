import { expect } from 'chai';
import type { DoctorDeps } from '../../../plugin/domain/doctor/doctor-ports.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { checkDueList } from '../../../plugin/usecases/doctor/due-list-check.js';
import { configOf, tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { testDeps } from './setup.js';

describe('the check of the due list', () => {
  async function examine(prepare: (it: ReturnType<typeof testDeps>) => Promise<void> | void) {
    const it = testDeps(new ScriptedEndpoint());
    it.tokenConfigs.rows.push(configOf({ id: 8, name: 'Sales mailbox' }));
    it.tokens.rows.set(8, tokenOf({ configId: 8 }));
    await it.renewals.reconcile(it.clock());
    await prepare(it);
    const deps = { renewals: async () => it.renewals, clock: it.clock } as unknown as DoctorDeps;
    const { result, reason } = await checkDueList(deps);
    return [result, ...reason.map(inEnglish)];
  }

  it('finds no fault where everything that can be renewed has a due time', async () => {
    expect(await examine(() => undefined)).to.deep.equal([
      'ok',
      'Every renewable token has a scheduled renewal, and none is overdue.',
    ]);
  });

  it('names what can be renewed and has none', async () => {
    const forget = (it: ReturnType<typeof testDeps>) => {
      it.renewals.row(8).dueAt = null;
    };
    expect(await examine(forget)).to.deep.equal([
      'fault',
      'Can be renewed, but no renewal is scheduled: Sales mailbox.',
    ]);
  });

  it('reports that nothing works through the list', async () => {
    const wait = (it: ReturnType<typeof testDeps>) => it.clock.advance(150);
    expect(await examine(wait)).to.deep.equal([
      'fault',
      'A renewal has been overdue for this many minutes: 2. No sidecar is working through the due list.',
    ]);
  });

  it('ignores what only a person can correct', async () => {
    const dead = (it: ReturnType<typeof testDeps>) => {
      const row = it.renewals.row(8);
      row.dueAt = null;
      row.state = { ...row.state, outcome: 'grant-dead' };
    };
    expect((await examine(dead))[0]).to.equal('ok');
  });
});
