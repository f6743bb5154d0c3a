import { expect } from 'chai';
import { SidecarError } from '../../../plugin/errors.js';
import { isReady } from '../../../plugin/web/routes/health.js';

const never = () => new Promise<never>(() => undefined);

describe('/readyz', () => {
  const ask = async (isStalled: boolean, nextDue: () => Promise<Date | null>) => {
    const ctx: { body: unknown } = { body: undefined };
    const deps = { isStalled: () => isStalled, renewals: { nextDue } } as never;
    return isReady(ctx as never, deps, 10).then(
      () => ctx.body,
      (error: SidecarError) => [error.status, error.code],
    );
  };

  it('says ready where the database answers and passes over the due list complete', async () => {
    expect(await ask(false, async () => null)).to.equal('ready\n');
  });

  it('says 503 where no pass over the due list has completed for a minute, without asking the database', async () => {
    expect(await ask(true, never)).to.deep.equal([503, 'renewals-stalled']);
  });

  it('says 503 without hanging where the database does not answer', async () => {
    expect(await ask(false, never)).to.deep.equal([503, 'database-unavailable']);
  });

  it('says 503 where the database refuses the connection', async () => {
    const refuse = async () => Promise.reject(new SidecarError('database-unavailable'));
    expect(await ask(false, refuse)).to.deep.equal([503, 'database-unavailable']);
  });
});
