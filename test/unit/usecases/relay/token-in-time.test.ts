import { expect } from 'chai';
import { ProviderError, type ProviderFailure } from '../../../../plugin/domain/provider/provider-error.js';
import { SidecarError } from '../../../../plugin/errors.js';
import { refreshToken } from '../../../../plugin/usecases/refresh-token.js';
import { createTokenInTime } from '../../../../plugin/usecases/relay/token-in-time.js';
import { configOf, tokenOf } from '../../../support/samples.js';
import { ScriptedEndpoint } from '../../../support/scripted-endpoint.js';
import { testDeps } from '../setup.js';

let issued = 0;
const answer = () => ({
  access_token: `access-${++issued}`,
  expires_in: 3600,
  refresh_token: `refresh-${issued}`,
});
const failure = (changes: Partial<ProviderFailure>) => () =>
  Promise.reject(
    new ProviderError({
      outcome: 'transient',
      error: 'timeout',
      description: '',
      status: null,
      retryAfter: null,
      codes: '',
      ...changes,
    }),
  );
const dead = failure({ outcome: 'grant-dead', error: 'invalid_grant', status: 400 });
const EXPIRED = tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T11:59:00Z') });

function setup(endpoint: ScriptedEndpoint, start: Parameters<typeof testDeps>[1] = { token: EXPIRED }) {
  const deps = testDeps(endpoint, start);
  const tokenInTime = createTokenInTime({ ...deps, showTime: (at) => at.toISOString().slice(11, 16) });
  const attempt = (refused: string | null = null, configId = 7) =>
    tokenInTime(configId, refused).catch((error) => `${error.kind}: ${error.message}`);
  return { ...deps, attempt };
}

describe('a token for a client of the relay', () => {
  beforeEach(() => {
    issued = 0;
  });

  it('is the stored one while it is valid, without a request', async () => {
    const { attempt, endpoint } = setup(new ScriptedEndpoint(answer), {});
    expect(await attempt()).to.equal('access-0');
    expect(endpoint.requests).to.have.length(0);
  });

  it('is renewed once for a hundred clients that wait at the same time', async () => {
    const { attempt, endpoint, renewals } = setup(new ScriptedEndpoint(answer));
    const tokens = await Promise.all(Array.from({ length: 100 }, () => attempt()));
    expect(new Set(tokens)).to.deep.equal(new Set(['access-1']));
    expect(endpoint.requests).to.have.length(1);
    expect(renewals.acquired).to.equal(1);
    expect(await attempt()).to.equal('access-1');
    expect(endpoint.requests).to.have.length(1);
  });

  it('is refused with the sentence of the overview where somebody must consent again', async () => {
    const { attempt, endpoint } = setup(new ScriptedEndpoint(dead));
    const said = await attempt();
    expect(said)
      .to.match(/^action: /)
      .and.contain('equest a new token');
    expect(await attempt()).to.equal(said);
    expect(endpoint.requests).to.have.length(1);
  });

  it('is refused as passing while the provider is unavailable, and not requested before its next attempt', async () => {
    const { attempt, endpoint } = setup(new ScriptedEndpoint(failure({})));
    expect(await attempt()).to.match(/^passing: .*Failing since 12:00/);
    expect(await attempt()).to.match(/^passing: /);
    expect(endpoint.requests).to.have.length(1);
  });

  it('is refused for a configuration that is switched off or deleted, although a token is stored', async () => {
    const { attempt } = setup(new ScriptedEndpoint(answer), { config: configOf({ validId: 2 }) });
    expect(await attempt()).to.match(/^action: Switched off/);
    expect(await attempt(null, 99)).to.equal('action: The token configuration of this mailbox was deleted.');
  });

  it('that a mail server refused is replaced once, and not again for five minutes', async () => {
    const { attempt, endpoint, clock } = setup(new ScriptedEndpoint(answer), {});
    const tokens = await Promise.all(Array.from({ length: 100 }, () => attempt('access-0')));
    expect(new Set(tokens)).to.deep.equal(new Set(['access-1']));
    expect(endpoint.requests).to.have.length(1);
    expect(await attempt('access-0')).to.equal('access-1');
    expect(await attempt('access-1')).to.match(/^action: The mail server refuses the token/);
    expect(endpoint.requests).to.have.length(1);
    clock.advance(5 * 60);
    expect(await attempt('access-1')).to.equal('access-2');
  });

  it('that a mail server keeps refusing is replaced ever more seldom, until no token was refused for an hour', async () => {
    const { attempt, endpoint, clock } = setup(new ScriptedEndpoint(answer), {});
    let token = 'access-0';
    const minutes: number[] = [];
    for (let minute = 0; minute <= 24 * 60; minute += 5) {
      const next = await attempt(token);
      if (!next.startsWith('action: The mail server refuses the token')) {
        minutes.push(minute);
        token = next;
      }
      clock.advance(5 * 60);
    }
    expect(minutes).to.deep.equal([0, 5, 15, 35, 75, 155, 315, 635, 995, 1355]);
    expect(endpoint.requests).to.have.length(minutes.length);
    clock.advance(60 * 60);
    expect(await attempt(token)).to.equal('access-11');
    clock.advance(5 * 60);
    expect(await attempt('access-11')).to.equal('access-12');
  });

  it('that a mail server refused is replaced as soon as another process no longer renews it', async () => {
    const deps = setup(new ScriptedEndpoint(answer), {});
    let isBusy = true;
    const tokenInTime = createTokenInTime({
      ...deps,
      showTime: String,
      patience: 0,
      elapsed: () => 0,
      refresh: (...given) =>
        isBusy ? Promise.reject(new SidecarError('renewal-running')) : refreshToken(...given),
    });
    const attempt = () => tokenInTime(7, 'access-0').catch((error) => `${error.kind}: ${error.message}`);
    expect(await attempt()).to.equal(
      'passing: The token is being renewed right now. Try again in a few seconds.',
    );
    isBusy = false;
    expect(await attempt()).to.equal('access-1');
  });

  it('that a mail server refused does not take over a lease whose holder may come back with an answer', async () => {
    const deps = setup(new ScriptedEndpoint(answer), {});
    await deps.renewals.acquire(7, 'other-machine', 120_000);
    deps.clock.advance(130);
    const tokenInTime = createTokenInTime({ ...deps, showTime: String, patience: 0 });
    const said = await tokenInTime(7, 'access-0').catch((error) => `${error.kind}: ${error.message}`);
    expect(said).to.match(/^passing: The token is being renewed/);
    expect(deps.endpoint.requests).to.deep.equal([]);
    const person = { configId: 7, userId: 5, actor: 5, force: true };
    expect(await refreshToken(deps, person)).to.deep.equal({ outcome: 'renewed' });
  });

  it('that a mail server refused is not requested where somebody must act or the configuration is switched off', async () => {
    const { attempt, endpoint, clock } = setup(new ScriptedEndpoint(dead), {});
    const said = await attempt('access-0');
    for (let times = 0; times < 5; times++) {
      clock.advance(301);
      expect(await attempt('access-0')).to.equal(said);
    }
    expect(endpoint.requests).to.have.length(1);
    const off = setup(new ScriptedEndpoint(answer), { config: configOf({ validId: 2 }) });
    expect(await off.attempt('access-0')).to.match(/^action: Switched off/);
    expect(off.endpoint.requests).to.deep.equal([]);
  });

  it('that two sidecars find refused is requested by one of them, even if the other stores it meanwhile', async () => {
    const deps = setup(new ScriptedEndpoint(answer), {});
    const one = deps.renewals.one.bind(deps.renewals);
    let isFirst = true;
    deps.renewals.one = async (id) => {
      const row = await one(id);
      if (isFirst) {
        isFirst = false;
        await refreshToken(
          { ...deps, holder: 'sidecar-2' },
          { configId: 7, userId: 1, actor: 1, force: true },
        );
      }
      return row;
    };
    expect(await deps.attempt('access-0')).to.equal('access-1');
    expect(deps.endpoint.requests).to.have.length(1);
  });

  it('that a mail server refused because the grant was revoked is refused with the remedy', async () => {
    const { attempt } = setup(new ScriptedEndpoint(dead), {});
    expect(await attempt('access-0')).to.match(/^action: .*equest a new token/);
    const away = setup(new ScriptedEndpoint(failure({})), {});
    expect(await away.attempt('access-0')).to.match(/^passing: .*Failing since 12:00/);
  });

  it('that a mail server refused is waited for while another sidecar renews it, until somebody must act', async () => {
    for (const isDead of [false, true]) {
      const deps = setup(new ScriptedEndpoint(dead), {});
      let looks = 0;
      const tokenInTime = createTokenInTime({
        ...deps,
        showTime: String,
        refresh: () => Promise.reject(new SidecarError('renewal-running')),
        pause: async () => {
          looks++;
          if (looks < 3) return;
          const stored = await deps.tokens.get(7);
          if (isDead)
            await refreshToken(deps, { configId: 7, userId: 1, actor: null, force: true }).catch(() => 0);
          else await deps.tokens.save(stored, { accessToken: 'theirs' }, 1);
        },
      });
      const said = await tokenInTime(7, 'access-0').catch((error) => `${error.kind}: ${error.message}`);
      expect(said).to.match(isDead ? /^action: .*equest a new token/ : /^theirs$/);
      expect(looks).to.equal(3);
    }
  });

  it('is not renewed while the database was lost a moment ago, but is found as soon as another sidecar stores it', async () => {
    for (const refused of [null, 'access-0']) {
      const deps = setup(new ScriptedEndpoint(answer));
      let looks = 0;
      const build = (changes: object) =>
        createTokenInTime({ ...deps, showTime: String, isQuiet: () => true, ...changes });
      const early = build({ patience: 0 });
      expect(await early(7, refused).catch((error) => `${error.kind}: ${error.message}`)).to.match(
        /^passing: The database was unavailable a moment ago/,
      );
      const patient = build({
        async pause() {
          looks++;
          if (looks < 3) return;
          const stored = await deps.tokens.get(7);
          const end = new Date('2026-11-24T13:00:00Z');
          await deps.tokens.save(stored, { accessToken: 'theirs', accessTokenExpiresAt: end }, 1);
        },
      });
      expect(await patient(7, refused)).to.equal('theirs');
      expect([looks, deps.endpoint.requests]).to.deep.equal([3, []]);
    }
  });

  it('is renewed as soon as the time without renewals ends, also for a token that a mail server refused', async () => {
    for (const refused of [null, 'access-0']) {
      const deps = setup(new ScriptedEndpoint(answer));
      let looks = 0;
      const tokenInTime = createTokenInTime({
        ...deps,
        showTime: String,
        isQuiet: () => looks < 3,
        pause: async () => void looks++,
      });
      expect(await tokenInTime(7, refused)).to.match(/^access-[1-9]/);
      expect([looks, deps.endpoint.requests.length]).to.deep.equal([3, 1]);
    }
  });

  it('is waited for no longer than a client has patience, the time without renewals included', async () => {
    const deps = setup(new ScriptedEndpoint(answer));
    const patience = 3_600_000;
    let elapsed = 0;
    const tokenInTime = createTokenInTime({
      ...deps,
      ...{ showTime: String, patience, elapsed: () => elapsed },
      isQuiet: () => elapsed === 0,
      refresh: () => new Promise(() => undefined),
      async pause() {
        elapsed += patience - 1;
      },
    });
    expect(await tokenInTime(7).catch((error) => error.kind)).to.equal('passing');
  });

  it('that a mail server refused is not requested before the time that the provider has asked for', async () => {
    const { attempt, endpoint, clock } = setup(
      new ScriptedEndpoint(failure({ error: 'http_429', status: 429, retryAfter: 1800 })),
      {},
    );
    for (let minutes = 0; minutes < 30; minutes += 6) {
      expect(await attempt('access-0')).to.match(/^passing: /);
      clock.advance(360);
    }
    expect(endpoint.requests).to.have.length(1);
    expect(await attempt('access-0')).to.match(/^passing: /);
    expect(endpoint.requests).to.have.length(2);
  });

  describe('that has ended, and that the helpdesk may be refreshing at this moment,', () => {
    function beside(pause: (deps: ReturnType<typeof setup>) => unknown, says: () => object = answer) {
      const deps = setup(new ScriptedEndpoint(says as typeof answer));
      const pauses: number[] = [];
      const tokenInTime = createTokenInTime({
        ...deps,
        showTime: String,
        helpdeskRefresh: 2500,
        async pause(ms) {
          pauses.push(ms);
          await pause(deps);
        },
      });
      return { ...deps, tokenInTime, pauses };
    }

    it('is kept from the helpdesk for a moment, and then renewed', async () => {
      let heldOff: unknown;
      const { tokenInTime, pauses, endpoint, renewals, clock } = beside(({ tokens, endpoint: asked }) => {
        heldOff = [tokens.rows.get(7)?.accessTokenExpiresAt, asked.requests.length];
      });
      await renewals.reconcile(clock());
      expect(await tokenInTime(7)).to.equal('access-1');
      expect(heldOff).to.deep.equal([new Date(clock().getTime() + 60_000), 0]);
      expect([pauses, endpoint.requests.length]).to.deep.equal([[2500], 1]);
    });

    it('is the one that the helpdesk has stored by then', async () => {
      const end = new Date('2026-11-24T13:00:00Z');
      const { tokenInTime, endpoint } = beside(async ({ tokens }) => {
        const stored = await tokens.get(7);
        await tokens.save(stored, { accessToken: 'theirs', accessTokenExpiresAt: end }, 1);
      });
      expect(await tokenInTime(7)).to.equal('theirs');
      expect(endpoint.requests).to.deep.equal([]);
    });

    it('is not taken for a good one because it was kept from the helpdesk', async () => {
      const { renewals, tokenInTime, clock, endpoint } = beside(() => undefined, failure({}));
      await renewals.reconcile(clock());
      expect(await tokenInTime(7).catch((error) => `${error.kind}`)).to.equal('passing');
      expect(endpoint.requests).to.have.length(1);
    });
  });

  it('waits for a renewal that another sidecar has begun', async () => {
    const deps = setup(new ScriptedEndpoint(answer));
    let looks = 0;
    const tokenInTime = createTokenInTime({
      ...deps,
      showTime: String,
      refresh: async () => ({ outcome: 'busy' }),
      pause: async () => {
        looks++;
        if (looks === 3) {
          const stored = await deps.tokens.get(7);
          const end = new Date('2026-11-24T13:00:00Z');
          await deps.tokens.save(stored, { accessToken: 'theirs', accessTokenExpiresAt: end }, 1);
        }
      },
    });
    expect(await tokenInTime(7)).to.equal('theirs');
    expect(looks).to.equal(3);
  });
});
