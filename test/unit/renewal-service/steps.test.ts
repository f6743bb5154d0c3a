import { expect } from 'chai';
import { SidecarError } from '../../../plugin/errors.js';
import { createStallWatch } from '../../../plugin/renewal-service/stall-watch.js';
import { createSteps } from '../../../plugin/renewal-service/steps.js';

function recorder() {
  const lines: [string, Record<string, unknown>, string][] = [];
  const line = (level: string) => (facts: Record<string, unknown>, message: string) =>
    void lines.push([level, facts, message]);
  return { lines, log: { info: line('info'), warn: line('warn'), error: line('error') } };
}

describe('the steps of a look', () => {
  it('report a failure by its code, and never by its text', async () => {
    const { lines, log } = recorder();
    const steps = createSteps(log);
    const failing = async () => {
      throw new SidecarError('database-busy', { log: 'renewals.reconcile: ER_LOCK_WAIT_TIMEOUT (1205)' });
    };
    expect(await steps.take('changes', failing)).to.equal('database-busy');
    expect(await steps.take('changes', async () => Promise.reject(new Error('hush')))).to.equal('internal');
    expect(await steps.take('changes', async () => undefined)).to.equal(null);
    const fault = 'renewals.reconcile: ER_LOCK_WAIT_TIMEOUT (1205)';
    expect(lines).to.deep.equal([
      ['error', { step: 'changes', code: 'database-busy', fault }, 'a step of the pass failed'],
      [
        'error',
        { step: 'changes', code: 'internal', fault: 'unexpected failure' },
        'a step of the pass failed',
      ],
    ]);
  });

  it('go on without one that hangs, and do not start it again before it has ended', async () => {
    const { lines, log } = recorder();
    const steps = createSteps(log, 1);
    let end: () => void = () => undefined;
    let begun = 0;
    const hanging = () => {
      begun++;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    };
    expect(await steps.take('journal', hanging)).to.equal(null);
    expect(await steps.take('journal', hanging)).to.equal(null);
    expect([begun, lines.length]).to.deep.equal([1, 1]);
    expect(lines[0]?.[2]).to.equal('a step of the pass is still running');
    end();
    await steps.idle();
    await steps.take('journal', hanging);
    expect(begun).to.equal(2);
    end();
  });
});

describe('the watch for looks that hang', () => {
  it('reports every minute that no pass has completed for a minute, and when one ends again', () => {
    const { lines, log } = recorder();
    const watch = createStallWatch(log);
    const check = (times: number) => {
      for (let time = 0; time < times; time++) watch.check();
    };
    check(11);
    expect([watch.isStalled(), watch.seconds(), lines]).to.deep.equal([false, 55, []]);
    watch.ended();
    check(12);
    expect([watch.isStalled(), watch.seconds()]).to.deep.equal([true, 60]);
    check(12);
    watch.ended();
    expect([watch.isStalled(), watch.seconds()]).to.deep.equal([false, 0]);
    const stalled = 'no pass over the due list has completed';
    expect(lines).to.deep.equal([
      ['error', { code: 'renewals-stalled', seconds: 60 }, stalled],
      ['error', { code: 'renewals-stalled', seconds: 120 }, stalled],
      ['info', { seconds: 120 }, 'passes over the due list complete again'],
    ]);
  });
});
