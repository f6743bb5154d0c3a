import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { SidecarError } from '../../../plugin/errors.js';
import { configOf } from '../../support/samples.js';
import { fails, granted, HOUR, make, turn } from './setup.js';

describe('the renewal service', () => {
  it('takes in new configurations and renews due ones, once', async () => {
    const { renewalService, asked, renewals, lines, replays } = make(granted, [3, 7, 9]);
    await renewalService.tick();
    await renewalService.tick();
    expect(asked).to.deep.equal([3, 7, 9]);
    expect(replays()).to.equal(2);
    expect(lines.map(({ message }) => message)).to.deep.equal(Array(3).fill('token renewed'));
    expect(renewals.events.map(({ what, outcome, actor }) => [what, outcome, actor])).to.deep.equal(
      Array(3).fill(['renewal', 'ok', null]),
    );
    expect(renewals.row(7).reason).to.equal('not_due');
  });

  it('keeps no row of those that wait for their turn', async () => {
    let answerAll: () => void = () => undefined;
    const answering = new Promise<void>((resolve) => {
      answerAll = resolve;
    });
    const ids = Array.from({ length: 30 }, (_none, n) => n + 1);
    const { renewalService, renewals, asked } = make(async (id) => answering.then(() => granted(id)), ids);
    const rows: WeakRef<object>[] = [];
    const due = renewals.due.bind(renewals);
    renewals.due = async (...given) => {
      const found = await due(...given);
      rows.push(...found.map((row) => new WeakRef(row)));
      return found;
    };
    const ended = renewalService.tick();
    for (let n = 0; n < 50; n++) await turn();
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    expect([rows.length, asked.length, rows.filter((row) => row.deref()).length]).to.deep.equal([30, 4, 0]);
    answerAll();
    await ended;
    expect(asked).to.deep.equal(ids);
  });

  it('asks again after 30 s at most, then less and less often, and writes one event for the failure', async () => {
    const { renewalService, clock, asked, renewals, lines } = make(fails({}));
    for (let minute = 0; minute < 60; minute++) {
      await renewalService.tick();
      clock.advance(60);
    }
    // Every minute for ten minutes, then after a tenth of the outage so far, up to five minutes.
    expect(asked.length).to.be.within(25, 35);
    expect(renewals.events.map(({ outcome, code }) => [outcome, code])).to.deep.equal([
      ['transient', 'timeout'],
    ]);
    expect(lines[0]).to.deep.equal({
      level: 'warn',
      facts: {
        configId: 7,
        code: 'provider-timeout',
        fault: 'provider: transient timeout status=- codes=-',
        outcome: 'transient',
        error: 'timeout',
      },
      message: 'token not renewed',
    });
  });

  it('leaves a dead grant alone until somebody changes the configuration or brings a new token', async () => {
    const { renewalService, clock, asked, tokenConfigs, tokens, renewals } = make(
      fails({ outcome: 'grant-dead', error: 'invalid_grant' }),
    );
    const later = async () => {
      clock.advance(20);
      await renewalService.tick();
    };
    await renewalService.tick();
    for (let times = 0; times < 5; times++) await later();
    expect(asked).to.have.length(1);
    expect([renewals.row(7).reason, renewals.row(7).dueAt]).to.deep.equal(['grant_dead', null]);
    const config = tokenConfigs.rows[0];
    if (config) config.document = { ...config.document, ClientSecret: 'new' };
    await later();
    expect(asked).to.have.length(2);
    tokens.overwrite(7, { refreshToken: 'of a new consent' });
    await later();
    expect(asked).to.have.length(3);
  });

  it('asks slowly for a rejected client, and at once when its secret changes', async () => {
    const { renewalService, clock, asked, tokenConfigs } = make(
      fails({ outcome: 'client-rejected', error: 'invalid_client' }),
    );
    await renewalService.tick();
    clock.advance(400);
    await renewalService.tick();
    expect(asked).to.have.length(1);
    clock.advance(501);
    await renewalService.tick();
    expect(asked).to.have.length(2);
    const config = tokenConfigs.rows[0];
    if (config) config.document = { ...config.document, ClientSecret: 'right' };
    clock.advance(15);
    await renewalService.tick();
    expect(asked).to.have.length(3);
  });

  it('forgets deleted configurations', async () => {
    const { renewalService, clock, tokenConfigs, renewals } = make(granted, [3, 7]);
    await renewalService.tick();
    await tokenConfigs.delete(3);
    clock.advance(20);
    await renewalService.tick();
    expect([...renewals.rows.keys()]).to.deep.equal([7]);
  });

  it('says no more of an unexpected failure than that it happened', async () => {
    const { renewalService, lines } = make(async () => {
      throw new Error('refresh_token=hush-hush');
    });
    await renewalService.tick();
    expect(lines[0]?.facts).to.deep.include({ code: 'internal', fault: 'unexpected failure' });
    expect(JSON.stringify(lines)).not.to.include('hush');
  });

  it('lets a failing configuration delay no other', async () => {
    const { renewalService, tokens } = make(
      (id) => (id === 3 ? fails({ outcome: 'grant-dead', error: 'invalid_grant' })() : granted(id)),
      [3, 7, 9],
    );
    await renewalService.tick();
    expect([3, 7, 9].map((id) => tokens.rows.get(id)?.accessToken)).to.deep.equal(['access-0', 'a-7', 'a-9']);
  });

  it('sends a provider as many requests at a time as the setting allows', async () => {
    let now = 0;
    let most = 0;
    const ids = Array.from({ length: 450 }, (_, at) => at + 1);
    const { renewalService, asked, set, renewals } = make(async (id) => {
      most = Math.max(most, ++now);
      await turn();
      now--;
      return granted(id);
    }, ids);
    set('RequestsPerProvider', 3);
    await renewalService.tick();
    expect(asked).to.have.length(450);
    expect(most).to.equal(3);
    expect(renewals.dueCalls, 'batches of 200').to.equal(3);
  });

  it('sends the next requests while answers are being stored, until three times as many wait to be stored', async () => {
    const ids = Array.from({ length: 12 }, (_, at) => at + 1);
    const { renewalService, asked, set, journal, tokens } = make(granted, ids);
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const put = journal.put.bind(journal);
    journal.put = async (entry) => {
      await gate;
      return put(entry);
    };
    set('RequestsPerProvider', 2);
    const tick = renewalService.tick();
    while (asked.length < 6) await turn();
    for (let turns = 0; turns < 20; turns++) await turn();
    expect([asked.length, tokens.writes.length]).to.deep.equal([6, 0]);
    open();
    await tick;
    expect([asked.length, tokens.writes.length]).to.deep.equal([12, 12]);
  });

  it('lets a slow provider delay no other, and asks for none of its tokens twice', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { renewalService, asked, clock, tokenConfigs, tokens } = make(
      async (id) => {
        if (id < 7) await gate;
        return granted(id);
      },
      [1, 2, 3, 4, 5, 6, 7, 8],
      (id) => (id < 7 ? 'slow.example' : 'quick.example'),
    );
    const first = renewalService.tick();
    while (tokens.writes.length < 2) await turn();
    expect([...asked].sort()).to.deep.equal([1, 2, 3, 4, 7, 8]);
    tokenConfigs.rows.push(configOf({ ...tokenConfigs.rows[6], id: 9 } as never));
    const nine = tokenConfigs.rows.at(-1);
    if (nine)
      nine.document = {
        ...nine.document,
        Requests: { TokenByRefreshToken: { Request: { URL: 'https://quick.example/token?id=9' } } },
      };
    tokens.overwrite(9, { accessTokenExpiresAt: clock() });
    clock.advance(90);
    const second = renewalService.tick();
    while (tokens.writes.length < 3) await turn();
    expect(asked).to.include(9).and.not.include(5);
    release();
    await Promise.all([first, second]);
    expect([...asked].sort()).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('follows a changed setting at once', async () => {
    const { renewalService, asked, set, clock } = make(async (id) => ({
      ...(await granted(id)),
      expires_in: 36_000,
    }));
    await renewalService.tick();
    clock.advance(2 * 3600);
    await renewalService.tick();
    expect(asked).to.have.length(1);
    set('LeadMinutes', 720);
    await renewalService.tick();
    expect(asked, 'half of the life at most').to.have.length(1);
    clock.advance(3 * 3600 + 1);
    await renewalService.tick();
    expect(asked).to.have.length(2);
  });

  it('causes no burst of requests when the clock jumps an hour either way', async () => {
    const { renewalService, asked, clock } = make(async (id) => ({
      ...(await granted(id)),
      expires_in: 36_000,
    }));
    await renewalService.tick();
    for (const jump of [3600, -3600, -3600, 3600]) {
      clock.advance(jump);
      for (let times = 0; times < 3; times++) {
        clock.advance(20);
        await renewalService.tick();
      }
    }
    expect(asked).to.have.length(1);
  });

  it('assumes an earlier end for tokens received while the clock was an hour ahead', async () => {
    const { renewalService, asked, clock, tokens, lines } = make();
    const began = clock();
    clock.advance(3600);
    await renewalService.tick();
    expect([asked, tokens.rows.get(7)?.accessTokenExpiresAt]).to.deep.equal([
      [7],
      new Date(began.getTime() + 2 * HOUR),
    ]);
    clock.advance(-3600);
    await renewalService.tick();
    expect(asked, 'no storm').to.deep.equal([7]);
    expect(tokens.rows.get(7)?.accessTokenExpiresAt).to.deep.equal(new Date(began.getTime() + HOUR));
    expect(lines.at(-1)).to.deep.equal({
      level: 'warn',
      facts: { seconds: 3600, tokens: 1 },
      message: 'the clock was set back',
    });
    for (let minute = 0; minute < 59; minute++) {
      clock.advance(60);
      await renewalService.tick();
    }
    expect(asked, 'before its real end').to.deep.equal([7, 7]);
  });

  it('renews each token once after the machine was suspended overnight', async () => {
    const ids = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const { renewalService, asked, clock } = make(granted, ids);
    await renewalService.tick();
    clock.advance(8 * 3600);
    await renewalService.tick();
    await renewalService.tick();
    expect(asked).to.have.length(18);
  });

  it('survives a due list that cannot be read', async () => {
    const { renewalService, renewals, asked, lines } = make();
    const due = renewals.due.bind(renewals);
    renewals.due = async () => {
      throw new SidecarError('database-unavailable');
    };
    await renewalService.tick();
    expect(lines).to.deep.equal([
      { level: 'error', facts: { code: 'database-unavailable' }, message: 'the due list could not be read' },
    ]);
    renewals.due = due;
    await renewalService.tick();
    expect(asked).to.deep.equal([7]);
  });

  it('removes old events once an hour', async () => {
    const { renewalService, pruned, clock } = make();
    await renewalService.tick();
    clock.advance(3599);
    await renewalService.tick();
    clock.advance(1);
    await renewalService.tick();
    expect(pruned).to.deep.equal([new Date('2026-11-23T12:00:00Z'), new Date('2026-11-23T13:00:00Z')]);
  });

  it('removes many old events in parts, one part per look, until none is left', async () => {
    const { renewalService, pruned, old, clock } = make();
    old.push(5000, 5000, 12);
    for (let looks = 0; looks < 6; looks++) {
      await renewalService.tick();
      clock.advance(5);
    }
    expect(pruned).to.have.length(4);
  });

  it('reports since when the first renewal has been waiting', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { renewalService, clock, set } = make(
      async (id) => {
        await gate;
        return granted(id);
      },
      [1, 2],
    );
    set('RequestsPerProvider', 1);
    const began = clock();
    const tick = renewalService.tick();
    while (renewalService.waitingSince() === null) await turn();
    clock.advance(90);
    expect(renewalService.waitingSince()).to.deep.equal(began);
    open();
    await tick;
    expect(renewalService.waitingSince()).to.equal(null);
  });

  it('starts at once; on stop it finishes what is running and begins nothing new', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { renewalService, asked, tokens } = make(
      async (id) => {
        await gate;
        return granted(id);
      },
      [1, 2, 3, 4, 5, 6],
    );
    renewalService.start();
    while (asked.length < 4) await new Promise((resolve) => setTimeout(resolve, 1));
    const stopped = renewalService.stop();
    let done = false;
    void stopped.then(() => {
      done = true;
    });
    await turn();
    expect(done).to.equal(false);
    release();
    await stopped;
    expect(asked).to.have.length(4);
    expect(tokens.writes).to.have.length(4);
  });
});
