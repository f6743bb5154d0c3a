import { expect } from 'chai';
import { ProviderError } from '../../../plugin/domain/provider-error.js';
import { SidecarError } from '../../../plugin/errors.js';
import { createKeeper } from '../../../plugin/keeper/keeper.js';
import type { RefreshOutcome } from '../../../plugin/usecases/refresh-token.js';
import { configOf, fixedClock, MemoryTokenConfigs, MemoryTokens } from '../../support/memory-stores.js';

type Refresh = (configId: number) => Promise<RefreshOutcome>;

function make(refresh: Refresh, due: number[] = [7]) {
  const clock = fixedClock();
  const tokens = new MemoryTokens(clock);
  tokens.due = due;
  const asked: number[] = [];
  const lines: { level: string; facts: Record<string, unknown>; message: string }[] = [];
  const line = (level: string) => (facts: Record<string, unknown>, message: string) =>
    void lines.push({ level, facts, message });
  const keeper = createKeeper({
    tokens,
    refresh: (configId) => {
      asked.push(configId);
      return refresh(configId);
    },
    clock,
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    random: () => 1,
  });
  return { keeper, clock, tokens, asked, lines };
}

const renewed: Refresh = async () => ({ outcome: 'renewed' });
const fails =
  (code: ConstructorParameters<typeof SidecarError>[0]): Refresh =>
  async () => {
    throw new SidecarError(code, { log: 'provider: said so' });
  };

describe('keeper', () => {
  it('asks the due list once a tick, ahead of the end, and renews each', async () => {
    const { keeper, tokens, asked, lines } = make(renewed, [3, 7, 9]);
    await keeper.tick();
    expect(tokens.dueCalls).to.have.length(1);
    expect(tokens.dueCalls[0]?.before.getTime()).to.be.at.least(Date.parse('2026-11-24T12:10:00Z'));
    expect(asked).to.deep.equal([3, 7, 9]);
    expect(lines.map(({ level, message }) => [level, message])).to.deep.equal([
      ['info', 'token renewed'],
      ['info', 'token renewed'],
      ['info', 'token renewed'],
    ]);
  });

  it('waits longer after each failure, from 30 s to 15 min', async () => {
    const { keeper, clock, asked, lines } = make(fails('provider-timeout'));
    const waits: unknown[] = [];
    for (let failure = 0; failure < 7; failure++) {
      await keeper.tick();
      expect(asked).to.have.length(failure + 1);
      const wait = Number(lines.at(-1)?.facts.waitSeconds);
      waits.push(wait);
      clock.advance(wait - 1);
      await keeper.tick();
      expect(asked, 'too early').to.have.length(failure + 1);
      clock.advance(1);
    }
    expect(waits).to.deep.equal([30, 60, 120, 240, 480, 900, 900]);
  });

  it('waits at least half as long, whatever the jitter says', async () => {
    const clock = fixedClock();
    const tokens = new MemoryTokens(clock);
    tokens.due = [7];
    const waits: unknown[] = [];
    const silent = () => undefined;
    await createKeeper({
      tokens,
      refresh: fails('provider-timeout'),
      clock,
      log: { info: silent, error: silent, warn: (facts) => void waits.push(facts.waitSeconds) },
      random: () => 0,
    }).tick();
    expect(waits).to.deep.equal([15]);
  });

  it('begins anew after a success', async () => {
    let works = false;
    const { keeper, clock, lines } = make((id) => (works ? renewed(id) : fails('provider-timeout')(id)));
    await keeper.tick();
    clock.advance(30);
    await keeper.tick();
    works = true;
    clock.advance(60);
    await keeper.tick();
    works = false;
    await keeper.tick();
    expect(lines.map(({ facts }) => facts.waitSeconds)).to.deep.equal([30, 60, undefined, 30]);
  });

  for (const code of ['grant-dead', 'client-rejected', 'provider-refused', 'no-refresh-token'] as const)
    it(`waits 15 min after ${code}, which needs a person`, async () => {
      const { keeper, clock, asked, lines } = make(fails(code));
      await keeper.tick();
      clock.advance(899);
      await keeper.tick();
      expect(asked).to.have.length(1);
      clock.advance(1);
      await keeper.tick();
      expect(asked).to.have.length(2);
      expect(lines[0]).to.deep.equal({
        level: 'warn',
        facts: { configId: 7, code, fault: 'provider: said so', waitSeconds: 900 },
        message: 'token not renewed',
      });
    });

  it('says nothing of an unexpected failure but that it happened', async () => {
    const { keeper, lines } = make(async () => {
      throw new Error('refresh_token=hush-hush');
    });
    await keeper.tick();
    expect(lines[0]?.facts).to.deep.include({ code: 'internal', fault: 'unexpected failure' });
    expect(JSON.stringify(lines)).not.to.include('hush');
  });

  it('lets one that fails delay no other', async () => {
    const { keeper, asked } = make((id) => (id === 3 ? fails('grant-dead')(id) : renewed(id)), [3, 7, 9]);
    await keeper.tick();
    await keeper.tick();
    expect(asked).to.deep.equal([3, 7, 9, 7, 9]);
  });

  it('renews a few at a time only', async () => {
    let now = 0;
    let most = 0;
    const { keeper, asked } = make(
      async () => {
        most = Math.max(most, ++now);
        await new Promise(setImmediate);
        now--;
        return { outcome: 'renewed' };
      },
      Array.from({ length: 30 }, (_, at) => at + 1),
    );
    await keeper.tick();
    expect(asked).to.have.length(30);
    expect(most).to.equal(4);
  });

  it('lets a slow provider delay no other, and asks each only a few at a time', async () => {
    const clock = fixedClock();
    const tokens = new MemoryTokens(clock);
    tokens.due = [1, 2, 3, 4, 5, 6];
    const document = (host: string) => ({
      Requests: { TokenByRefreshToken: { Request: { URL: `https://${host}/token` } } },
    });
    const configs = tokens.due.map((id) => configOf({ id, document: document(id < 5 ? 'slow' : 'quick') }));
    const asked: number[] = [];
    const renewals: number[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const silent = () => undefined;
    const keeper = createKeeper({
      tokens,
      tokenConfigs: new MemoryTokenConfigs(clock, ...configs),
      refresh: async (id) => {
        asked.push(id);
        if (id < 5) await gate;
        renewals.push(id);
        return { outcome: 'renewed' };
      },
      clock,
      log: { info: silent, warn: silent, error: silent },
      concurrencyPerHost: 2,
    });
    const first = keeper.tick();
    while (renewals.length < 2) await new Promise(setImmediate);
    expect(asked).to.deep.equal([1, 2, 5, 6]);
    expect(renewals).to.deep.equal([5, 6]);
    // The next look neither waits for the slow ones nor asks them twice.
    tokens.due = [1, 2, 3, 4, 7];
    const second = keeper.tick();
    while (renewals.length < 3) await new Promise(setImmediate);
    expect(asked).to.deep.equal([1, 2, 5, 6, 7]);
    release();
    await Promise.all([first, second]);
    expect(asked).to.deep.equal([1, 2, 5, 6, 7, 3, 4]);
  });

  it('lets those that wait hide none of the others from the due list', async () => {
    const { keeper, tokens, asked } = make(
      (id) => (id <= 200 ? fails('client-rejected')(id) : renewed(id)),
      Array.from({ length: 205 }, (_, at) => at + 1),
    );
    await keeper.tick();
    expect(Math.max(...asked)).to.equal(200);
    await keeper.tick();
    expect(asked.slice(200)).to.deep.equal([201, 202, 203, 204, 205]);
    expect(tokens.dueCalls.map(({ limit }) => limit)).to.deep.equal([200, 400]);
  });

  it('looks again at one that is not due when it becomes so, and after ten seconds at the latest', async () => {
    const at = new Date('2026-11-24T12:00:05Z');
    const { keeper, clock, asked } = make(
      async (id) =>
        id === 3
          ? { outcome: 'not-due', reason: 'not_due', at }
          : { outcome: 'not-due', reason: 'grant_dead', at: null },
      [3, 9],
    );
    await keeper.tick();
    clock.advance(4);
    await keeper.tick();
    expect(asked).to.deep.equal([3, 9]);
    clock.advance(1);
    await keeper.tick();
    expect(asked).to.deep.equal([3, 9, 3]);
    clock.advance(5);
    await keeper.tick();
    expect(asked.filter((id) => id === 9)).to.have.length(2);
  });

  it('waits as long as the provider asks, up to an hour', async () => {
    const limited =
      (retryAfter: number): Refresh =>
      async () => {
        const cause = new ProviderError({
          outcome: 'transient',
          error: 'http_429',
          description: '',
          status: 429,
          retryAfter,
          codes: '',
        });
        throw new SidecarError('provider-overloaded', { cause });
      };
    for (const [asked, waited] of [
      [5, 30],
      [120, 120],
      [99_999, 3600],
    ] as const) {
      const { keeper, lines } = make(limited(asked));
      await keeper.tick();
      expect(lines[0]?.facts.waitSeconds).to.equal(waited);
    }
  });

  it('survives a database that is away', async () => {
    const { keeper, tokens, asked, lines } = make(renewed);
    const dueBefore = tokens.dueBefore.bind(tokens);
    tokens.dueBefore = async () => {
      throw new SidecarError('database-unavailable');
    };
    await keeper.tick();
    expect(lines).to.deep.equal([
      { level: 'error', facts: { code: 'database-unavailable' }, message: 'due list not read' },
    ]);
    tokens.dueBefore = dueBefore;
    await keeper.tick();
    expect(asked).to.deep.equal([7]);
  });

  it('starts at once, and on stop finishes what is on its way and begins nothing new', async () => {
    let finish: () => void = () => undefined;
    let begun: () => void = () => undefined;
    const beginning = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let open = 0;
    const { keeper, asked } = make(async () => {
      if (++open === 4) begun();
      await new Promise<void>((resolve) => {
        const before = finish;
        finish = () => {
          before();
          resolve();
        };
      });
      return { outcome: 'renewed' };
    }, [1, 2, 3, 4, 5, 6]);
    keeper.start();
    await beginning;
    const stopped = keeper.stop();
    let done = false;
    void stopped.then(() => {
      done = true;
    });
    await new Promise(setImmediate);
    expect(done).to.equal(false);
    finish();
    await stopped;
    expect(asked).to.deep.equal([1, 2, 3, 4]);
  });
});
