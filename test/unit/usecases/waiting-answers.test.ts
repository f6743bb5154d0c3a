import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { TokenRequest } from '../../../plugin/domain/provider/token-endpoint.js';
import { SidecarError } from '../../../plugin/errors.js';
import { createAnswerJournal } from '../../../plugin/journal/answer-journal.js';
import { createBringAnswers } from '../../../plugin/usecases/bring-answers.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { replayAnswers } from '../../../plugin/usecases/replay-answers.js';
import { restoreLost } from '../../../plugin/usecases/restore-lost.js';
import { revokeToken } from '../../../plugin/usecases/revoke-token.js';
import { MemoryJournal } from '../../support/memory-journal.js';
import { configOf, documentOf, tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const input = { configId: 7, userId: 1, actor: null };
const silent = () => undefined;
const never = () => false;
const log = { info: silent, warn: silent, error: silent };
const due = (changes = {}) => tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T12:01:00Z'), ...changes });
const before = tokenOf();

/** A strict provider: a refresh token that is sent twice ends the grant. */
function make(fault: () => Error, config = configOf()) {
  let count = 0;
  const answer = () => {
    count++;
    return { access_token: `access-${count}`, expires_in: 3600, refresh_token: `refresh-${count}` };
  };
  const deps = { ...testDeps(new ScriptedEndpoint(answer), { config, token: due() }), log };
  const broken = { is: true };
  deps.tokens.beforeSave = () => {
    if (broken.is) throw fault();
  };
  const sent = () => deps.endpoint.requests.map(({ parameters }) => parameters.refresh_token);
  return { deps, broken, sent };
}

describe('an answer that the database refuses', () => {
  for (const code of [
    'internal',
    'database-right-missing',
    'schema-unknown',
    'database-busy',
    'database-unavailable',
    'value-too-long',
  ] as const)
    it(`is stored before anybody asks again, and no other sidecar gets the lease: ${code}`, async () => {
      const { deps, broken, sent } = make(() => new SidecarError(code));
      expect(await codeOf(refreshToken(deps, input))).to.equal(code);
      // Longer than the lease, and longer than the wait after a failure.
      for (let minute = 0; minute < 30; minute++) {
        await replayAnswers(deps).catch(silent);
        deps.clock.advance(60);
        expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'busy', answerWaits: true });
        expect(
          await refreshToken({ ...deps, journal: testDeps(deps.endpoint).journal, holder: 'other' }, input),
        ).to.deep.equal({ outcome: 'busy' });
      }
      expect(await codeOf(refreshToken(deps, { ...input, force: true }))).to.equal('answer-waiting');
      expect(sent()).to.deep.equal(['refresh-0']);
      broken.is = false;
      if (code === 'value-too-long') {
        expect(await replayAnswers(deps), 'not offered for an hour').to.equal(0);
        deps.journal.postponed.clear();
      }
      expect(await replayAnswers(deps)).to.equal(1);
      expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: 'refresh-1' });
      expect(deps.renewals.row(7).lease).to.equal(null);
      deps.clock.advance(3600);
      expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
      expect(sent()).to.deep.equal(['refresh-0', 'refresh-1']);
    });

  it('becomes worthless with a new consent: the new refresh token is used at once', async () => {
    const { deps, broken, sent } = make(() => new SidecarError('internal'));
    await codeOf(refreshToken(deps, input));
    deps.tokens.overwrite(7, { accessToken: 'consented', refreshToken: 'refresh-of-consent' });
    broken.is = false;
    deps.clock.advance(130);
    expect(await refreshToken(deps, input)).to.deep.equal({ outcome: 'renewed' });
    expect(sent()).to.deep.equal(['refresh-0', 'refresh-of-consent']);
    const stored = { ...deps.tokens.rows.get(7) };
    expect(await replayAnswers(deps)).to.equal(1);
    expect(deps.tokens.rows.get(7)).to.deep.equal(stored);
  });

  it('is not stored in a row whose tokens somebody has revoked meanwhile', async () => {
    const { deps, broken } = make(() => new SidecarError('internal'));
    await codeOf(refreshToken(deps, input));
    deps.tokens.overwrite(7, { accessToken: null, accessTokenExpiresAt: null, refreshToken: null });
    broken.is = false;
    await replayAnswers(deps);
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: null, refreshToken: null });
    expect(await deps.journal.length()).to.equal(0);
  });

  it('blocks a revocation meanwhile, because the stored token has been exchanged already', async () => {
    const { deps } = make(() => new SidecarError('internal'));
    await codeOf(refreshToken(deps, input));
    const revoked: unknown[] = [];
    const all = { ...deps, revocation: { revoke: async () => void revoked.push(1) } } as never;
    expect(await codeOf(revokeToken(all, { ...input, storedOnly: true }))).to.equal('answer-waiting');
    expect(revoked).to.deep.equal([]);
  });

  it('blocks a revocation by another process on this machine, too, after the service has ended', async () => {
    const folder = path.join(mkdtempSync(path.join(tmpdir(), 'revocation-')), 'state');
    const document = documentOf(undefined, {
      Sidecar: { RevocationURL: 'https://login.example.org/revoke' },
    });
    const { deps, broken } = make(() => new SidecarError('internal'), configOf({ document }));
    const journalOf = () =>
      createAnswerJournal({ folder, clock: deps.clock, log, hasEnded: () => true }) as never;
    await codeOf(refreshToken({ ...deps, journal: journalOf() }, input));
    deps.clock.advance(130);
    const tokens: unknown[] = [];
    const revocation = { revoke: async ({ parameters }: TokenRequest) => void tokens.push(parameters.token) };
    const command = { ...deps, journal: journalOf(), holder: 'command', revocation } as never;
    expect(await codeOf(revokeToken(command, { ...input, actor: 5 }))).to.equal('answer-waiting');
    broken.is = false;
    await replayAnswers(command);
    expect(await revokeToken(command, { ...input, actor: 5 })).to.equal('revoked');
    expect(tokens).to.deep.equal(['refresh-1']);
    rmSync(path.dirname(folder), { recursive: true });
  });

  it('costs the grant nothing when somebody empties the access token by hand', async () => {
    const { deps, broken } = make(() => new SidecarError('internal'));
    await codeOf(refreshToken(deps, input));
    deps.tokens.overwrite(7, { accessToken: null, accessTokenExpiresAt: null });
    broken.is = false;
    await replayAnswers(deps);
    expect(deps.tokens.rows.get(7)).to.include({ accessToken: 'access-1', refreshToken: 'refresh-1' });
  });
});

describe('a database that loses its last transactions', () => {
  /** Two renewals that are stored, and how both tables were before. */
  async function renewed() {
    const { deps, broken, sent } = make(() => new Error('never'));
    broken.is = false;
    await deps.renewals.reconcile(deps.clock());
    const back = [0, 1, 2].map(() => () => undefined) as (() => void)[];
    const remember = (at: number) => {
      const token = structuredClone(deps.tokens.rows.get(7));
      const row = structuredClone(deps.renewals.row(7));
      back[at] = () => {
        if (token) deps.tokens.rows.set(7, structuredClone(token));
        deps.renewals.rows.set(7, structuredClone(row));
      };
    };
    remember(0);
    for (const at of [1, 2]) {
      expect(await refreshToken(deps, { ...input, force: true })).to.deep.equal({ outcome: 'renewed' });
      remember(at);
      deps.clock.advance(1);
    }
    return { deps, sent, back };
  }
  const row = (deps: Awaited<ReturnType<typeof renewed>>['deps']) => {
    const { accessToken, refreshToken } = deps.tokens.rows.get(7) ?? before;
    return [accessToken, refreshToken];
  };

  for (const at of [0, 1])
    it(`gets back what was stored after state ${at}, and nobody sends the old refresh token before that`, async () => {
      const { deps, sent, back } = await renewed();
      back[at]?.();
      expect(await refreshToken(deps, { ...input, force: false })).to.deep.include({ outcome: 'busy' });
      let losses = 1;
      const bring = createBringAnswers(deps, () => losses, never);
      expect(await bring()).to.be.greaterThan(0);
      expect(row(deps)).to.deep.equal(['access-2', 'refresh-2']);
      expect(await bring(), 'once').to.equal(0);
      back[at]?.();
      losses++;
      await bring();
      expect(row(deps), 'after another loss').to.deep.equal(['access-2', 'refresh-2']);
      expect(sent()).to.deep.equal(['refresh-0', 'refresh-1']);
      expect(deps.renewals.row(7).dueAt).to.be.greaterThan(deps.clock().getTime());
    });

  it('gets back what several sidecars stored in turn, at their next passes', async () => {
    const { deps, broken, sent } = make(() => new Error('never'));
    broken.is = false;
    await deps.renewals.reconcile(deps.clock());
    const [token, lost] = [structuredClone(deps.tokens.rows.get(7)), structuredClone(deps.renewals.row(7))];
    const sidecars = [deps, { ...deps, journal: new MemoryJournal(), holder: 'sidecar-2' }] as const;
    for (const sidecar of [0, 1, 0, 1] as const) {
      const renewing = refreshToken(sidecars[sidecar], { ...input, force: true });
      expect(await renewing).to.deep.equal({ outcome: 'renewed' });
      deps.clock.advance(10);
    }
    if (token) deps.tokens.rows.set(7, token);
    deps.renewals.rows.set(7, lost);
    let isQuiet = true;
    const passes = sidecars.map((sidecar) =>
      createBringAnswers(
        sidecar,
        () => 1,
        () => isQuiet,
      ),
    );
    for (const restored of [
      [1, 1],
      [1, 1],
      [0, 0],
    ]) {
      expect([await passes[0]?.(), await passes[1]?.()]).to.deep.equal(restored);
      deps.clock.advance(5);
    }
    expect(row(deps)).to.deep.equal(['access-4', 'refresh-4']);
    expect(sent()).to.deep.equal(['refresh-0', 'refresh-1', 'refresh-2', 'refresh-3']);
    isQuiet = false;
    expect(await passes[0]?.(), 'the first after the quiet time').to.equal(0);
  });

  const theirs = { accessTokenExpiresAt: new Date('2026-11-24T12:05:00Z') };
  for (const [what, changes] of [
    ['a refresh by the helpdesk itself', { accessToken: 'of Perl', refreshToken: 'rt-of-perl', ...theirs }],
    ['one that brought no new refresh token', { accessToken: 'of Perl', ...theirs }],
    ['a new consent', { accessToken: 'consented', refreshToken: 'rt-of-consent', ...theirs }],
    ['a revocation', { accessToken: null, accessTokenExpiresAt: null, refreshToken: null }],
  ] as const)
    it(`leaves the row unchanged after ${what}`, async () => {
      const { deps } = await renewed();
      deps.tokens.overwrite(7, changes);
      const now = row(deps);
      expect(await restoreLost(deps, 'all')).to.equal(0);
      expect(row(deps)).to.deep.equal(now);
    });

  it('does not get back the first token of a configuration after its revocation', async () => {
    const { deps } = make(() => new Error('never'));
    deps.tokens.beforeSave = silent;
    const nothing = { accessToken: null, accessTokenExpiresAt: null, refreshToken: null };
    const used = { ...tokenOf(nothing) };
    deps.tokens.rows.set(7, used);
    const receivedAt = deps.clock();
    const entry = { configId: 7, used, answer: { accessToken: 'a', refreshToken: 'r' }, userId: 1 };
    const facts = { actor: 1, what: 'consent', receivedAt, holder: 'sidecar-1' } as const;
    const id = await deps.journal.put({ ...entry, ...facts });
    deps.journal.giveUp(id);
    await replayAnswers(deps);
    expect(row(deps as never)).to.deep.equal(['a', 'r']);
    deps.clock.advance(2);
    deps.tokens.overwrite(7, nothing);
    expect(await restoreLost(deps, 'all')).to.equal(0);
    expect(row(deps as never)).to.deep.equal([null, null]);
    // The very same row is the one that was lost.
    deps.tokens.rows.set(7, used);
    deps.renewals.rows.delete(7);
    expect(await restoreLost(deps, 'all')).to.equal(1);
    expect(row(deps as never)).to.deep.equal(['a', 'r']);
  });

  it('gets nothing back where a success is on record, whoever wrote the old tokens back', async () => {
    const { deps, back } = await renewed();
    const { state } = deps.renewals.row(7);
    back[1]?.();
    deps.renewals.row(7).state = state;
    expect(await restoreLost(deps, 'all')).to.equal(0);
    expect(row(deps)).to.deep.equal(['access-1', 'refresh-1']);
  });

  it('gets nothing back for a configuration that was deleted, unless a dump that is being loaded brings it again', async () => {
    const { deps, back } = await renewed();
    const config = await deps.tokenConfigs.byId(7);
    if (!config) throw new Error('no configuration');
    await deps.tokenConfigs.delete(7);
    expect(await restoreLost(deps, 'all')).to.equal(0);
    deps.tokenConfigs.rows.push(config);
    back[0]?.();
    expect(await restoreLost(deps, 'all')).to.equal(2);
    expect(row(deps)).to.deep.equal(['access-2', 'refresh-2']);
  });

  it('is compared again at the next pass when the comparison fails, and no waiting answer is delayed', async () => {
    const { deps, back } = await renewed();
    back[1]?.();
    const one = deps.renewals.one.bind(deps.renewals);
    deps.renewals.one = async () => Promise.reject(new SidecarError('database-busy'));
    const bring = createBringAnswers(deps, () => 1, never);
    expect(await codeOf(bring())).to.equal('database-busy');
    deps.renewals.one = one;
    await bring();
    expect(row(deps)).to.deep.equal(['access-2', 'refresh-2']);
  });

  it('is compared and restored for all other configurations when the comparison of one fails', async () => {
    const { deps, broken } = make(() => new Error('never'));
    broken.is = false;
    // One more than are compared together.
    const ids = Array.from({ length: 101 }, (_, at) => 7 + at);
    for (const id of ids.slice(1)) {
      deps.tokenConfigs.rows.push(configOf({ id }));
      deps.tokens.rows.set(id, due({ configId: id }));
    }
    const refreshTokens = () => ids.map((id) => deps.tokens.rows.get(id)?.refreshToken);
    const old = structuredClone(deps.tokens.rows);
    for (const configId of ids) await refreshToken(deps, { ...input, configId });
    const newest = refreshTokens();
    for (const [id, token] of old) deps.tokens.rows.set(id, token);
    deps.renewals.rows.clear();
    const one = deps.renewals.one.bind(deps.renewals);
    deps.renewals.one = async (id) =>
      id === 7 ? Promise.reject(new SidecarError('database-busy')) : one(id);
    const bring = createBringAnswers(deps, () => 1, never);
    expect(await codeOf(bring())).to.equal('database-busy');
    expect(refreshTokens()).to.deep.equal(['refresh-0', ...newest.slice(1)]);
    deps.renewals.one = one;
    expect(await bring(), 'the one that is left').to.equal(1);
    expect(refreshTokens()).to.deep.equal(newest);
  });
});
