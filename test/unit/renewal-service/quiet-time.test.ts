import { expect } from 'chai';
import { SidecarError } from '../../../plugin/errors.js';
import { createQuietTime } from '../../../plugin/renewal-service/quiet-time.js';
import { granted, make, turn } from './setup.js';

describe('after the database was lost', () => {
  it('no token is requested for thirty seconds, even if it was back before the next pass', async () => {
    const { renewalService, asked, clock, loseDatabase, replays } = make();
    loseDatabase();
    await renewalService.tick();
    clock.advance(29);
    await renewalService.tick();
    expect([asked, replays()]).to.deep.equal([[], 2]);
    clock.advance(1);
    await renewalService.tick();
    expect(asked).to.deep.equal([7]);
  });

  for (const away of [1, 12, 100])
    it(`no token is requested until thirty seconds after it is back: away for ${away} s`, async () => {
      const { renewalService, asked, clock, stopDatabase, restartDatabase } = make();
      stopDatabase();
      for (let second = 0; second < away; second++) {
        await renewalService.tick();
        clock.advance(1);
      }
      restartDatabase();
      await renewalService.tick();
      clock.advance(29);
      await renewalService.tick();
      expect(asked).to.deep.equal([]);
      clock.advance(1);
      await renewalService.tick();
      expect(asked).to.deep.equal([7]);
    });

  it('a server that starts again during that time begins it again', async () => {
    const { renewalService, asked, clock, stopDatabase, restartDatabase } = make();
    for (let restarts = 0; restarts < 3; restarts++) {
      stopDatabase();
      restartDatabase();
      await renewalService.tick();
      clock.advance(20);
    }
    await renewalService.tick();
    expect(asked).to.deep.equal([]);
    clock.advance(10);
    await renewalService.tick();
    expect(asked).to.deep.equal([7]);
  });

  it('a server that has started is found even if no lost connection was noticed', async () => {
    const { renewalService, asked, clock, restartDatabase } = make();
    await renewalService.tick();
    expect(asked).to.deep.equal([7]);
    clock.advance(3600);
    restartDatabase();
    await renewalService.tick();
    expect(asked).to.deep.equal([7]);
    clock.advance(30);
    await renewalService.tick();
    expect(asked).to.deep.equal([7, 7]);
  });

  it('no token is requested for a row of another server, to which a pooler leads between two passes', async () => {
    const { renewalService, asked, clock, renewals, restartDatabase } = make();
    await renewalService.tick();
    clock.advance(3600);
    const one = renewals.one.bind(renewals);
    renewals.one = (id) => {
      restartDatabase();
      renewals.one = one;
      return one(id);
    };
    await renewalService.tick();
    expect(asked).to.deep.equal([7]);
    clock.advance(60);
    await renewalService.tick();
    expect(asked).to.deep.equal([7, 7]);
  });

  it('the passes follow each other by seconds, because an answer may fit only what another sidecar restores', async () => {
    for (const isLost of [true, false]) {
      const { renewalService, loseDatabase } = make(granted, []);
      if (isLost) loseDatabase();
      const sleeps: number[] = [];
      const real = globalThis.setTimeout;
      const hurried = (work: (value: unknown) => void, ms = 0, value?: unknown) => {
        // The time limit of a step.
        if (ms === 10_000) return real(work, ms, value);
        sleeps.push(ms);
        return real(work, 0, value);
      };
      globalThis.setTimeout = hurried as typeof setTimeout;
      try {
        renewalService.start();
        while (sleeps.length < 4) await turn();
        await renewalService.stop();
      } finally {
        globalThis.setTimeout = real;
      }
      expect(sleeps.slice(0, 4)).to.deep.equal([0, ...Array(3).fill(isLost ? 1000 : 5000)]);
    }
  });

  it('renewals that wait for their turn are not sent either, and are sent later', async () => {
    const ids = [1, 2, 3, 4, 5, 6, 7, 8];
    const all = make((id) => {
      if (id === 1) all.loseDatabase();
      return granted(id);
    }, ids);
    await all.renewalService.tick();
    expect(all.asked).to.deep.equal([1]);
    all.clock.advance(5);
    await all.renewalService.tick();
    expect(all.asked).to.deep.equal([1]);
    all.clock.advance(60);
    await all.renewalService.tick();
    expect(all.asked.toSorted()).to.deep.equal(ids);
  });

  it('further lost connections within two minutes delay nothing once the server was asked', async () => {
    const { renewalService, asked, clock, loseDatabase } = make();
    for (let look = 0; look < 7; look++) {
      loseDatabase();
      await renewalService.tick();
      clock.advance(5);
    }
    expect(asked).to.deep.equal([7]);
  });

  it('a screen takes in what others changed, and no token is requested for it', async () => {
    const { renewalService, asked, clock, loseDatabase, tokens, renewals } = make();
    await renewalService.tick();
    loseDatabase();
    clock.advance(5);
    tokens.overwrite(7, { accessTokenExpiresAt: clock(), changeTime: clock() });
    let looks = 0;
    const reconcile = renewals.reconcile.bind(renewals);
    renewals.reconcile = (now) => {
      looks++;
      return reconcile(now);
    };
    await renewalService.catchUp();
    expect([looks, asked]).to.deep.equal([1, [7]]);
  });
});

describe('the quiet time', () => {
  /** Of servers that have run for an hour, unless told otherwise. */
  function make(age = 3600) {
    let now = 1_000_000;
    let losses = 0;
    const server = { startedAt: now / 1000 - age, takesWrites: true, latency: 0, name: '' };
    const quiet = createQuietTime({
      elapsed: () => now,
      losses: () => losses,
      async uptime() {
        if (!server.takesWrites) {
          losses++;
          throw new SidecarError('database-unavailable');
        }
        const seconds = Math.floor(now / 1000 - server.startedAt);
        now += server.latency;
        return { seconds, server: server.name };
      },
    });
    return {
      ...quiet,
      server,
      lose: () => void losses++,
      wait: (seconds: number) => {
        now += seconds * 1000;
      },
      now: () => now / 1000,
    };
  }

  it('is on before the first look only after a loss, and after it only beside a server that has just started', async () => {
    const old = make();
    expect(old.isOn()).to.equal(false);
    await old.look();
    expect([old.isOn(), old.newServers()]).to.deep.equal([false, 0]);
    const young = make(20);
    await young.look();
    expect([young.isOn(), young.newServers()]).to.deep.equal([true, 1]);
    const lost = make();
    lost.lose();
    expect(lost.isOn()).to.equal(true);
    await lost.look();
    expect(lost.isOn()).to.equal(true);
  });

  it('begins when the server takes writes, although it answered before', async () => {
    const { look, isOn, server, wait } = make();
    await look();
    server.takesWrites = false;
    for (let second = 0; second < 60; second += 5) {
      await look().catch(() => undefined);
      wait(5);
      expect(isOn()).to.equal(true);
    }
    server.takesWrites = true;
    await look();
    wait(29);
    expect(isOn()).to.equal(true);
    wait(1);
    expect(isOn()).to.equal(false);
  });

  it('begins beside another server, although a lost connection was harmless shortly before', async () => {
    const { look, isOn, server, wait, lose, now, newServers } = make();
    await look();
    lose();
    await look();
    wait(40);
    await look();
    expect(isOn()).to.equal(false);
    lose();
    server.startedAt = now() - 500_000;
    await look();
    expect([isOn(), newServers()]).to.deep.equal([true, 1]);
  });

  it('begins beside another server that started at the same time, such as the standby on the same machine', async () => {
    const { look, isOn, server, wait, newServers } = make();
    server.name = 'primary';
    await look();
    wait(5);
    server.name = 'standby';
    await look();
    expect([isOn(), newServers()]).to.deep.equal([true, 1]);
    wait(30);
    await look();
    expect([isOn(), newServers()]).to.deep.equal([false, 1]);
  });

  it('ends although the nodes of a cluster answer by turns, and however long each answer takes', async () => {
    const { look, isOn, server, wait, now } = make();
    const starts = [now() - 100, now() - 5000, now() - 90_000];
    for (let turn = 0; turn < 12; turn++) {
      server.startedAt = starts[turn % 3] as number;
      server.latency = turn % 2 === 0 ? 9000 : 0;
      await look();
      wait(5);
    }
    expect(isOn()).to.equal(false);
  });

  it("ends although the server's clock was set back behind its start", async () => {
    const { look, isOn, server, wait, now, newServers } = make();
    await look();
    server.startedAt = now() + 7200;
    for (let turn = 0; turn < 8; turn++) {
      await look();
      wait(5);
    }
    expect([isOn(), newServers()]).to.deep.equal([false, 1]);
  });
});
