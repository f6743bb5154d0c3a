import { expect } from 'chai';
import { ProviderError, type ProviderFailure } from '../../../plugin/domain/provider/provider-error.js';
import { SidecarError } from '../../../plugin/errors.js';
import { createInFlight } from '../../../plugin/lib/in-flight.js';
import { holderName } from '../../../plugin/lib/process-identity.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { replayAnswers } from '../../../plugin/usecases/replay-answers.js';
import { MemoryRenewals } from '../../support/memory-renewals.js';
import { configOf, tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const answer = (changes: Record<string, unknown> = {}) => ({
  access_token: 'access-1',
  expires_in: 3600,
  refresh_token: 'refresh-1',
  ...changes,
});
const failure = (changes: Partial<ProviderFailure>) =>
  new ProviderError({
    outcome: 'transient',
    error: 'timeout',
    ...changes,
  });
const dead = () =>
  failure({
    outcome: 'grant-dead',
    error: 'invalid_grant',
    description: 'AADSTS700082: expired',
    status: 400,
    codes: '700082',
  });
/** A refresh token that was used before. */
const used = () =>
  failure({
    outcome: 'grant-dead',
    error: 'invalid_grant',
    description: 'AADSTS70000: not valid',
    status: 400,
    codes: '70000',
  });
const fails = (error: Error) => () => Promise.reject(error);
/** Nothing is left of its hour, so it is due. */
const dueToken = (changes = {}) =>
  tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T12:01:00Z'), ...changes });
const input = { configId: 7, userId: 1, actor: null };

describe('the renewal of a token', () => {
  it('asks once, stores the rotated refresh token, clears the caches and returns the lease', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), {
      token: dueToken({ errorMessage: 'timeout' }),
    });
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
    expect(deps.tokens.rows.get(7)).to.deep.include({
      accessToken: 'access-1',
      accessTokenExpiresAt: new Date('2026-11-24T13:00:00Z'),
      refreshToken: 'refresh-1',
      errorMessage: null,
    });
    expect(
      deps.endpoint.requests.map(({ url, parameters }) => [url, parameters.refresh_token]),
    ).to.deep.equal([['https://login.microsoftonline.com/common/oauth2/v2.0/token', 'refresh-0']]);
    expect(deps.tokens.writes).to.deep.equal([{ configId: 7, userId: 1, what: 'save' }]);
    expect(deps.caches.forgotten).to.equal(1);
    expect(deps.renewals.row(7).lease).to.equal(null);
  });

  it('notices a permission for mail that is gone, keeps it in mind while answers name no scopes, and its return', async () => {
    const openid = 'openid https://outlook.office365.com/imap.accessasuser.all';
    const whole = 'IMAP.AccessAsUser.All POP.AccessAsUser.All SMTP.Send';
    const scopes = [openid, undefined, whole];
    const deps = testDeps(
      new ScriptedEndpoint(
        ...scopes.map((scope, at) => () => answer({ scope, refresh_token: `refresh-${at + 1}` })),
      ),
      { token: dueToken() },
    );
    const missing = async () => (await deps.renewals.one(7))?.renewal.missingScopes;
    const lost = ['POP.AccessAsUser.All', 'SMTP.Send'].map((name) => `https://outlook.office.com/${name}`);
    for (const expected of [lost, lost, []]) {
      expect(await refreshToken(deps, { ...input, force: true })).to.deep.equal({ outcome: 'renewed' });
      expect(await missing()).to.deep.equal(expected);
    }
    expect((await deps.tokens.get(7)).refreshToken, 'a token is never lost for it').to.equal('refresh-3');
  });

  it('keeps the old refresh token where no new one comes back', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer({ refresh_token: undefined })), {
      token: dueToken(),
    });
    await refreshToken(deps, input);
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: 'refresh-0' });
  });

  it('sends nothing where nothing is due', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()));
    expect(await refreshToken(deps, input)).to.include({ outcome: 'not-due', reason: 'not_due' });
    expect(deps.endpoint.requests).to.have.length(0);
    expect(deps.renewals.row(7).lease).to.equal(null);
  });

  it('sends a request on demand although nothing is due, but not without a refresh token', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()));
    expect(await refreshToken(deps, { ...input, force: true })).to.deep.equal({ outcome: 'renewed' });
    const without = testDeps(new ScriptedEndpoint(() => answer()), {
      token: tokenOf({ refreshToken: null }),
    });
    expect(await codeOf(refreshToken(without, { ...input, force: true }))).to.equal('no-refresh-token');
    expect(without.endpoint.requests).to.have.length(0);
  });

  it('sends a request on demand only after the time in which a lost database may be restored', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()));
    let waits = 0;
    const quiet = {
      ...deps,
      isQuiet: () => waits < 20,
      pause: async (ms: number) => {
        expect([ms, deps.endpoint.requests.length]).to.deep.equal([500, 0]);
        waits++;
      },
    };
    expect(await refreshToken(quiet, { ...input, actor: 1, force: true })).to.deep.equal({
      outcome: 'renewed',
    });
    expect(waits).to.equal(20);
    const always = { ...deps, isQuiet: () => true, pause: async () => undefined };
    expect(await codeOf(refreshToken(always, { ...input, actor: 1, force: true }))).to.equal(
      'renewal-running',
    );
    expect(deps.endpoint.requests).to.have.length(1);
  });

  it('makes one request for two sidecars at once, and for a second that comes right after', async () => {
    let open: (value: Record<string, unknown>) => void = () => undefined;
    const gate = new Promise<Record<string, unknown>>((resolve) => {
      open = resolve;
    });
    const first = testDeps(new ScriptedEndpoint(() => gate), { token: dueToken() });
    const second = { ...first, holder: 'sidecar-2' };
    const renewal = refreshToken(first, input);
    await new Promise(setImmediate);
    expect(await refreshToken(second, input)).to.deep.equal({ outcome: 'busy' });
    expect(await codeOf(refreshToken(second, { ...input, force: true }))).to.equal('renewal-running');
    open(answer());
    expect(await renewal).to.deep.equal({ outcome: 'renewed' });
    expect(await refreshToken(second, input)).to.include({ outcome: 'not-due', reason: 'not_due' });
    expect(first.endpoint.requests).to.have.length(1);
  });

  it('takes the expired lease of a process that died', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
    await deps.renewals.acquire(7, 'dead process', 120_000);
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'busy' });
    deps.clock.advance(121);
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
  });

  it('returns the lease whatever happens', async () => {
    const deps = testDeps(new ScriptedEndpoint(fails(new Error('bug'))), { token: dueToken() });
    expect(await codeOf(refreshToken(deps, input))).to.match(/^no code: Error: bug/);
    expect(deps.renewals.row(7).lease).to.equal(null);
    expect(deps.tokens.writes).to.deep.equal([]);
  });

  it('reads the row again under the lease: a refresh by the helpdesk a moment before counts', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
    const renewals = new MemoryRenewals(deps.tokenConfigs, deps.tokens);
    const acquire = renewals.acquire.bind(renewals);
    renewals.acquire = async (...given) => {
      deps.tokens.overwrite(7, {
        accessToken: 'access-of-perl',
        accessTokenExpiresAt: new Date('2026-11-24T13:00:00Z'),
        refreshToken: 'refresh-of-perl',
      });
      return acquire(...given);
    };
    expect(await refreshToken({ ...deps, renewals }, input)).to.include({
      outcome: 'not-due',
      reason: 'not_due',
    });
    expect(deps.endpoint.requests).to.have.length(0);
  });

  it('keeps a newer token of the helpdesk that arrives during the request', async () => {
    const deps = testDeps(
      new ScriptedEndpoint(() => {
        deps.tokens.overwrite(7, {
          accessToken: 'access-of-perl',
          accessTokenExpiresAt: new Date('2026-11-24T13:00:05Z'),
          refreshToken: 'refresh-of-perl',
        });
        return answer();
      }),
      { token: dueToken() },
    );
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed-elsewhere' });
    expect(deps.tokens.rows.get(7)).to.include({
      accessToken: 'access-of-perl',
      refreshToken: 'refresh-of-perl',
    });
  });

  it('keeps what somebody else got for the same refresh token, even where it expires earlier', async () => {
    const theirs = {
      accessToken: 'access-of-perl',
      accessTokenExpiresAt: new Date('2026-11-24T12:30:00Z'),
      refreshToken: 'refresh-of-perl',
    };
    const deps = testDeps(
      new ScriptedEndpoint(() => {
        deps.tokens.overwrite(7, theirs);
        return answer();
      }),
      { token: dueToken() },
    );
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed-elsewhere' });
    expect(deps.tokens.rows.get(7)).to.include(theirs);
  });

  it('replaces an access token that the helpdesk stored before, where the refresh token is still ours', async () => {
    const deps = testDeps(
      new ScriptedEndpoint(() => {
        deps.tokens.overwrite(7, {
          accessToken: 'access-of-perl',
          accessTokenExpiresAt: new Date('2026-11-24T12:59:30Z'),
        });
        return answer();
      }),
      { token: dueToken() },
    );
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: 'refresh-1' });
  });

  it('writes nothing twice where the confirmation of a commit was lost', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer({ refresh_token: 'refresh-0' })), {
      token: dueToken(),
    });
    const save = deps.tokens.save.bind(deps.tokens);
    let confirmed = false;
    deps.tokens.save = async (...given) => {
      const saved = await save(...given);
      if (confirmed) return saved;
      confirmed = true;
      throw new SidecarError('database-unavailable');
    };
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed-elsewhere' });
    expect(deps.tokens.writes).to.have.length(1);
    expect(deps.renewals.events.map(({ outcome }) => outcome)).to.deep.equal(['ok']);
    expect(await deps.journal.length()).to.equal(0);
  });

  it('keeps the successor of the refresh token although the helpdesk stored a newer access token', async () => {
    const deps = testDeps(
      new ScriptedEndpoint(() => {
        // The helpdesk's mapping knows no refresh_token for renewals, so its row keeps the one that is used up.
        deps.tokens.overwrite(7, {
          accessToken: 'access-of-perl',
          accessTokenExpiresAt: new Date('2026-11-24T13:00:05Z'),
        });
        return answer();
      }),
      { token: dueToken() },
    );
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed-elsewhere' });
    expect(deps.tokens.rows.get(7)).to.deep.include({
      accessToken: 'access-of-perl',
      accessTokenExpiresAt: new Date('2026-11-24T13:00:05Z'),
      refreshToken: 'refresh-1',
    });
  });

  for (const code of ['database-unavailable', 'database-busy'] as const)
    it(`waits through a short fault of the database (${code}), because the provider will not answer again`, async () => {
      const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
      let away = 3;
      deps.tokens.beforeSave = () => {
        if (away-- > 0) throw new SidecarError(code);
      };
      expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
      expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: 'refresh-1' });
      expect(deps.pauses).to.deep.equal([250, 500, 1000]);
      expect(deps.endpoint.requests).to.have.length(1);
    });

  it('does not take the end of an earlier token for that of the new one', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer({ expires_in: undefined })), {
      token: dueToken({ refreshTokenExpiresAt: new Date('2026-11-24T12:05:00Z') }),
    });
    await refreshToken(deps, input);
    expect(deps.tokens.rows.get(7)).to.deep.include({
      accessTokenExpiresAt: new Date('2026-11-24T13:00:00Z'),
      refreshToken: 'refresh-1',
      refreshTokenExpiresAt: null,
    });
  });

  for (const late of [1, 2])
    it(`declares no grant dead whose successor the helpdesk stores a moment later (look ${late})`, async () => {
      const deps = testDeps(new ScriptedEndpoint(fails(dead())), { token: dueToken() });
      const perl = { accessToken: 'access-of-perl', refreshToken: 'refresh-of-perl' };
      if (late === 1) deps.pause = async () => deps.tokens.overwrite(7, perl);
      const saveError = deps.tokens.saveError.bind(deps.tokens);
      deps.tokens.saveError = async (...given) => {
        if (late === 2) deps.tokens.overwrite(7, perl);
        return saveError(...given);
      };
      expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed-elsewhere' });
      expect(deps.tokens.rows.get(7)).to.include({ ...perl, errorMessage: null, errorCode: null });
    });

  it('stores when to look again where nothing is due, and leaves the caches alone', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()));
    const { at } = (await refreshToken(deps, input)) as { at: Date };
    expect(at.getTime()).to.be.within(Date.parse('2026-11-24T12:12:00Z'), Date.parse('2026-11-24T12:18:00Z'));
    expect(deps.renewals.row(7)).to.include({ dueAt: at.getTime(), reason: 'not_due' });
    expect(deps.caches.forgotten).to.equal(0);
  });

  it('keeps the answer in the journal until it is stored', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
    const seen: number[] = [];
    deps.tokens.beforeSave = async () => void seen.push(await deps.journal.length());
    await refreshToken(deps, input);
    expect([seen, deps.journal.puts, await deps.journal.length()]).to.deep.equal([[1], 1, 0]);
  });

  it('keeps the answer in the journal during a database outage, and stores it from there once', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    deps.tokens.beforeSave = () => {
      throw new SidecarError('database-unavailable');
    };
    expect(await codeOf(refreshToken(deps, input))).to.equal('database-unavailable');
    expect(await codeOf(replayAnswers({ ...deps, log }))).to.equal('database-unavailable');
    expect(await deps.journal.length()).to.equal(1);
    deps.tokens.beforeSave = () => undefined;
    expect(await replayAnswers({ ...deps, log })).to.equal(1);
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: 'refresh-1' });
    expect(deps.renewals.events.map(({ what, outcome }) => [what, outcome])).to.deep.equal([
      ['renewal', 'ok'],
    ]);
    expect([await replayAnswers({ ...deps, log }), await deps.journal.length()]).to.deep.equal([0, 0]);
  });

  it('stores an answer from the journal at a later look when its row is locked, and delays no other', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    deps.tokenConfigs.rows.push(configOf({ id: 8, name: 'Other' }));
    const entryOf = (configId: number) => ({
      configId,
      used: tokenOf({ configId }),
      answer: { accessToken: `access-${configId}`, accessTokenExpiresAt: new Date('2026-11-24T13:00:00Z') },
      userId: 1,
      actor: null,
      what: 'renewal' as const,
      receivedAt: deps.clock(),
      holder: 'dead process',
    });
    deps.tokens.rows.set(8, tokenOf({ configId: 8 }));
    for (const id of [7, 8]) deps.journal.giveUp(await deps.journal.put(entryOf(id)));
    const save = deps.tokens.save.bind(deps.tokens);
    let locked = true;
    deps.tokens.save = async (...given) => {
      if (locked && given[0].configId === 7) throw new SidecarError('database-busy');
      return save(...given);
    };
    expect(await replayAnswers({ ...deps, log })).to.equal(1);
    expect([7, 8].map((id) => deps.tokens.rows.get(id)?.accessToken)).to.deep.equal(['access-0', 'access-8']);
    expect(deps.journal.postponed.size).to.equal(0);
    locked = false;
    expect(await replayAnswers({ ...deps, log })).to.equal(1);
    expect(deps.tokens.rows.get(7)?.accessToken).to.equal('access-7');
  });

  it('never replaces a newer token by an old answer from the journal', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    deps.tokens.beforeSave = () => {
      throw new SidecarError('database-unavailable');
    };
    await codeOf(refreshToken(deps, input));
    deps.tokens.beforeSave = () => undefined;
    const newer = {
      accessToken: 'access-of-consent',
      refreshToken: 'refresh-of-consent',
      // Even where the newer one expires earlier.
      accessTokenExpiresAt: new Date('2026-11-24T12:10:00Z'),
    };
    deps.tokens.overwrite(7, newer);
    await replayAnswers({ ...deps, log });
    expect(deps.tokens.rows.get(7)).to.include(newer);
    expect(await deps.journal.length()).to.equal(0);
  });

  it('tells an admin when an answer was lost with the process that waited for it', async () => {
    const deps = testDeps(new ScriptedEndpoint(fails(used())), { token: dueToken() });
    await deps.renewals.acquire(7, 'dead process', 120_000);
    deps.clock.advance(121);
    expect(await codeOf(refreshToken(deps, input))).to.equal('grant-dead');
    expect(deps.tokens.rows.get(7)?.errorDescription).to.equal(
      'AADSTS70000: not valid A response from the provider was lost (the sidecar was stopped before it arrived), and the provider accepts each refresh token only once. Request a new token.',
    );
    expect(deps.renewals.events.map(({ outcome, code }) => [outcome, code])).to.deep.equal([
      ['interrupted', 'invalid_grant AADSTS70000 answer_lost_stopped'],
    ]);
  });

  it('remembers that an answer may be lost until the provider has judged the refresh token', async () => {
    const script = [fails(failure({})), fails(failure({ error: 'http_503', status: 503 })), fails(used())];
    const deps = testDeps(new ScriptedEndpoint(...script), { token: dueToken() });
    await deps.renewals.acquire(7, 'dead process', 120_000);
    deps.clock.advance(121);
    for (const code of ['provider-timeout', 'provider-overloaded', 'grant-dead']) {
      expect(await codeOf(refreshToken(deps, input))).to.equal(code);
      expect(await refreshToken(deps, input)).to.include({ outcome: 'not-due' });
      deps.clock.advance(3600);
    }
    expect(deps.renewals.events.map(({ outcome, code }) => [outcome, code])).to.deep.equal([
      ['transient', 'timeout'],
      ['interrupted', 'invalid_grant AADSTS70000 answer_lost_stopped'],
    ]);
    expect(deps.renewals.row(7).lease).to.equal(null);
  });

  it('blames no lost answer once a renewal has worked', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer({ expires_in: 60 }), fails(dead())), {
      token: dueToken(),
    });
    await deps.renewals.acquire(7, 'dead process', 120_000);
    deps.clock.advance(121);
    await refreshToken(deps, input);
    deps.clock.advance(60);
    await codeOf(refreshToken(deps, input));
    expect(deps.renewals.events.map(({ outcome }) => outcome)).to.deep.equal(['ok', 'grant-dead']);
  });

  it('ends the lease of a dead process when its answer is replayed from the journal, and blames nothing on it', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    deps.tokens.beforeSave = () => {
      throw new SidecarError('database-unavailable');
    };
    deps.renewals.release = async () => undefined;
    await codeOf(refreshToken(deps, input));
    expect(deps.renewals.row(7).lease?.holder).to.equal('sidecar-1');
    deps.tokens.beforeSave = () => undefined;
    expect(await replayAnswers({ ...deps, holder: 'sidecar-2', log } as never)).to.equal(1);
    expect(deps.renewals.row(7).lease).to.equal(null);
  });

  it('sends nothing new once the sidecar is stopping, and returns the lease; answers to sent requests are awaited', async () => {
    let open: (value: Record<string, unknown>) => void = () => undefined;
    const gate = new Promise<Record<string, unknown>>((resolve) => {
      open = resolve;
    });
    const deps = {
      ...testDeps(new ScriptedEndpoint(() => gate), { token: dueToken() }),
      inFlight: createInFlight(),
    };
    deps.tokens.rows.set(8, { ...dueToken(), configId: 8 });
    deps.tokenConfigs.rows.push({ ...configOf(), id: 8, name: 'Other' });
    const sent = refreshToken(deps, input);
    await new Promise(setImmediate);
    let closed = false;
    const closing = deps.inFlight.close().then(() => {
      closed = true;
    });
    expect(await refreshToken(deps, { ...input, configId: 8 })).to.deep.equal({ outcome: 'busy' });
    expect([deps.renewals.row(8).lease, deps.endpoint.requests.length, closed]).to.deep.equal([
      null,
      1,
      false,
    ]);
    open(answer());
    expect(await sent).to.deep.equal({ outcome: 'renewed' });
    await closing;
    expect(deps.inFlight.count()).to.equal(0);
  });

  it('does not touch what a predecessor left behind while one of its journal files cannot be read', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
    const [, identity = '', folder] = holderName('/state').split(':');
    const [place, pid, began = ''] = identity.split('.');
    const ended = `${place}.${pid}.${(Number.parseInt(began, 36) - 1).toString(36)}`;
    const own = { ...deps, holder: holderName('/state') };
    await deps.renewals.acquire(7, `host:${ended}:${folder}:x`, 120_000);
    deps.clock.advance(7200);
    deps.journal.locked = true;
    expect(await refreshToken(own, input)).to.deep.equal({ outcome: 'busy' });
    expect(deps.endpoint.requests).to.have.length(0);
    deps.journal.locked = false;
    expect(await refreshToken(own, input)).to.deep.equal({ outcome: 'renewed' });
  });

  for (const [what, left, seconds, taken] of [
    ['is taken over shortly before the access token ends', 270, 121, true],
    ['is left alone while the token works for longer', 330, 121, false],
    ['is taken over after an hour in any case', 20_000, 3721, true],
  ] as const)
    it(`finds a lease that was left behind: it ${what}`, async () => {
      const deps = testDeps(new ScriptedEndpoint(() => answer()));
      const end = new Date(deps.clock().getTime() + (seconds + left) * 1000);
      const received = new Date(end.getTime() - 10 * (seconds + left) * 1000);
      deps.tokens.rows.set(7, tokenOf({ accessTokenExpiresAt: end, changeTime: received }));
      await deps.renewals.acquire(7, 'stopped process', 120_000);
      deps.clock.advance(seconds);
      expect(await refreshToken(deps, input)).to.deep.equal({ outcome: taken ? 'renewed' : 'busy' });
      expect(deps.endpoint.requests.length).to.equal(taken ? 1 : 0);
    });

  for (const [what, seconds] of [
    ['was suspended', 61],
    ['whose clock went back', -3600],
  ] as const)
    it(`sends no request when it can no longer trust its lease (process ${what})`, async () => {
      const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
      const one = deps.renewals.one.bind(deps.renewals);
      deps.renewals.one = async (id) => {
        deps.clock.advance(seconds);
        return one(id);
      };
      const early = dueToken({ accessTokenExpiresAt: new Date('2026-11-24T10:00:00Z') });
      deps.tokens.rows.set(7, early);
      expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'busy' });
      expect(deps.endpoint.requests).to.have.length(0);
      expect(deps.renewals.row(7).lease).to.equal(null);
    });

  it('keeps an answer that cannot be stored in the journal, reports it, and delays no other', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
    const codes: unknown[] = [];
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: ({ code }: Record<string, unknown>) => void codes.push(code),
    };
    deps.tokens.beforeSave = () => {
      throw new SidecarError('value-too-long');
    };
    expect(await codeOf(refreshToken(deps, input))).to.equal('value-too-long');
    expect(deps.renewals.events.map(({ outcome, code }) => [outcome, code])).to.deep.equal([
      ['refused', 'value-too-long'],
    ]);
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'busy', answerWaits: true });
    const [kept] = [...deps.journal.entries.values()];
    if (!kept) throw new Error('not kept');
    const other = { ...kept, configId: 99 };
    deps.journal.giveUp(await deps.journal.put(other));
    const gone = 'the one of a configuration that is gone';
    expect(await replayAnswers({ ...deps, log }), `${gone}, or of a dump that is being loaded`).to.equal(0);
    deps.clock.advance(601);
    expect(await replayAnswers({ ...deps, log }), gone).to.equal(1);
    expect([codes, deps.journal.postponed.size, await deps.journal.length()]).to.deep.equal([
      ['value-too-long'],
      1,
      1,
    ]);
  });

  it('succeeds although lease and cache could not be cleaned up', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), { token: dueToken() });
    const away = async () => {
      throw new SidecarError('database-unavailable');
    };
    deps.renewals.release = away;
    deps.caches.forgetTokenConfigs = away;
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
  });

  it('does not count a refusal as a failure when the helpdesk exchanged the refresh token meanwhile', async () => {
    const deps = testDeps(
      new ScriptedEndpoint(() => {
        deps.tokens.overwrite(7, { accessToken: 'access-of-perl', refreshToken: 'refresh-of-perl' });
        throw dead();
      }),
      { token: dueToken() },
    );
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed-elsewhere' });
    expect(deps.tokens.rows.get(7)).to.include({ refreshToken: 'refresh-of-perl', errorMessage: null });
  });

  it('reports a dead grant where the helpdesk shows it, and keeps the tokens', async () => {
    const deps = testDeps(new ScriptedEndpoint(fails(dead())), { token: dueToken() });
    expect(await codeOf(refreshToken(deps, input))).to.equal('grant-dead');
    expect(deps.tokens.rows.get(7)).to.include({
      accessToken: 'access-0',
      refreshToken: 'refresh-0',
      errorMessage: 'invalid_grant',
      errorDescription: 'AADSTS700082: expired',
      errorCode: '700082',
    });
    expect(await refreshToken(deps, input)).to.include({ outcome: 'not-due', reason: 'grant_dead' });
    expect(deps.endpoint.requests).to.have.length(1);
  });

  for (const [changes, code] of [
    [{}, 'provider-timeout'],
    [{ error: 'network' }, 'provider-unreachable'],
    [{ error: 'http_503', status: 503 }, 'provider-overloaded'],
    [{ outcome: 'invalid-answer', error: 'invalid_answer' }, 'provider-answer-invalid'],
  ] as const)
    it(`reports ${code} without hiding a token that still works, and shows it once the token has ended`, async () => {
      const deps = testDeps(new ScriptedEndpoint(fails(failure(changes))), { token: dueToken() });
      expect(await codeOf(refreshToken(deps, input))).to.equal(code);
      expect(deps.tokens.rows.get(7)).to.deep.equal(dueToken());
      deps.clock.advance(120);
      expect(await codeOf(refreshToken(deps, input))).to.equal(code);
      expect(deps.tokens.rows.get(7)).to.include({
        accessToken: 'access-0',
        refreshToken: 'refresh-0',
        errorMessage: failure(changes).failure.error,
      });
    });

  it('tells a wrong client from a dead grant', async () => {
    const rejected = failure({ outcome: 'client-rejected', error: 'invalid_client', status: 401 });
    const deps = testDeps(new ScriptedEndpoint(fails(rejected)), { token: dueToken() });
    expect(await codeOf(refreshToken(deps, input))).to.equal('client-rejected');
    expect(deps.tokens.rows.get(7)).to.include({ refreshToken: 'refresh-0', errorMessage: 'invalid_client' });
    // The row's change_time is now that of the failure, but the token's age is remembered.
    expect(deps.renewals.row(7).state.receivedAt).to.deep.equal(dueToken().changeTime);
  });

  it('fails for a deleted configuration', async () => {
    const deps = testDeps(new ScriptedEndpoint(() => answer()), {
      token: dueToken(),
      config: configOf({ id: 8 }),
    });
    expect(await codeOf(refreshToken(deps, input))).to.equal('unknown-token-config');
    expect(deps.endpoint.requests).to.have.length(0);
  });

  it('reveals no secret in what a failure says', async () => {
    const deps = testDeps(new ScriptedEndpoint(fails(dead())), { token: dueToken() });
    const thrown = await refreshToken(deps, input).catch(
      (error: unknown) => error as Error & { log: string; detail: string },
    );
    const texts = JSON.stringify([(thrown as { log: string }).log, (thrown as { detail: string }).detail]);
    expect(texts).to.include('invalid_grant');
    for (const secret of ['refresh-0', 'access-0', 'secret-of-client-1'])
      expect(texts).not.to.include(secret);
  });
});
