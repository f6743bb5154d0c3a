import { expect } from 'chai';
import { SidecarError } from '../../../plugin/errors.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { restoreLost } from '../../../plugin/usecases/restore-lost.js';
import { configOf, documentOf, tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const SENTENCE =
  'A response from the provider was lost (the database was restored from an older backup), and the provider accepts each refresh token only once. Request a new token.';

describe('a database that was restored from an older backup', () => {
  /** A provider that gives another refresh token each time, and a row that is due. */
  function setUp(host: string) {
    let count = 0;
    const endpoint = new ScriptedEndpoint(() => ({
      access_token: `a-${++count}`,
      expires_in: 3600,
      refresh_token: `r-${count}`,
    }));
    const document = documentOf();
    const refresh = document.Requests?.TokenByRefreshToken?.Request;
    if (!refresh) throw new Error('The template has no such request');
    refresh.URL = `https://${host}/token`;
    const token = tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T12:01:00Z') });
    return testDeps(endpoint, { config: configOf({ document }), token });
  }
  const input = { configId: 7, userId: 1, actor: null };
  const sent = ({ endpoint }: ReturnType<typeof setUp>) =>
    endpoint.requests.map(({ parameters }) => parameters.refresh_token);
  /** Two renewals after the backup was taken, then the backup is back. */
  async function restored(host: string) {
    const it = setUp(host);
    const backup = await it.tokens.get(7);
    for (let renewal = 0; renewal < 2; renewal++) {
      await refreshToken(it, { ...input, force: true });
      it.clock.advance(3600);
    }
    // Ten minutes after each.
    for (const { id } of await it.journal.stored('all')) await it.journal.remove(id);
    it.tokens.rows.set(7, backup);
    return it;
  }

  for (const force of [false, true])
    it(`sends no refresh token that it used since, and says who must consent${force ? ', on demand as well' : ''}`, async () => {
      const it = await restored('login.example.org');
      expect(sent(it)).to.deep.equal(['refresh-0', 'r-1']);
      const failure = await refreshToken(it, { ...input, force }).catch((error: unknown) => error);
      expect(sent(it), 'nothing more').to.deep.equal(['refresh-0', 'r-1']);
      expect(failure).to.be.instanceOf(SidecarError);
      expect((failure as SidecarError).code).to.equal('grant-dead');
      expect((failure as SidecarError).detail).to.contain(SENTENCE);
      const row = await it.renewals.one(7);
      expect([row?.renewal.outcome, row?.renewal.lostAnswer]).to.deep.equal(['grant-dead', 'restored']);
      expect(it.tokens.rows.get(7)?.errorDescription).to.equal(SENTENCE);
      const event = it.renewals.events.at(-1);
      expect([event?.outcome, event?.code]).to.deep.equal([
        'interrupted',
        'invalid_grant answer_lost_restored',
      ]);
    });

  it('gets the newest tokens back from the journal, although the answers before that are gone', async () => {
    const it = setUp('login.example.org');
    const backup = { token: await it.tokens.get(7), row: structuredClone(it.renewals.row(7)) };
    for (let renewal = 0; renewal < 3; renewal++) {
      await refreshToken(it, { ...input, force: true });
      it.clock.advance(3600);
    }
    for (const { id } of (await it.journal.stored('all')).slice(0, 2)) await it.journal.remove(id);
    it.tokens.rows.set(7, backup.token);
    it.renewals.rows.set(7, backup.row);
    expect(await refreshToken(it, input)).to.deep.equal({ outcome: 'busy', answerWaits: true });
    const silent = () => undefined;
    const deps = { ...it, log: { info: silent, warn: silent, error: silent } };
    expect(await restoreLost(deps, 'all')).to.equal(1);
    expect(it.tokens.rows.get(7)).to.include({ accessToken: 'a-3', refreshToken: 'r-3' });
    expect(await restoreLost(deps, 'all'), 'once').to.equal(0);
    it.clock.advance(3600);
    expect(await refreshToken(it, input)).to.deep.equal({ outcome: 'renewed' });
    expect(sent(it)).to.deep.equal(['refresh-0', 'r-1', 'r-2', 'r-3']);
  });

  it('sends it if a person insists, because not every provider ends the grant', async () => {
    const it = await restored('keycloak.example.org');
    const byPerson = { ...input, actor: 2, force: true };
    expect(await codeOf(refreshToken(it, byPerson)), 'first it is said').to.equal('grant-dead');
    const onDemand = await refreshToken(it, { ...input, force: true });
    expect(onDemand).to.include({ outcome: 'not-due', reason: 'grant_dead' });
    const trial = { ...byPerson, isTrial: true, trialSecret: 'new' };
    expect(await codeOf(refreshToken(it, trial)), 'not to try a secret').to.equal('grant-dead');
    expect(sent(it)).to.deep.equal(['refresh-0', 'r-1']);
    expect(await refreshToken(it, byPerson)).to.deep.equal({ outcome: 'renewed' });
    expect(sent(it)).to.deep.equal(['refresh-0', 'r-1', 'refresh-0']);
    it.clock.advance(3600);
    expect(await refreshToken(it, input)).to.deep.equal({ outcome: 'renewed' });
    expect(sent(it).at(-1)).to.equal('r-3');
  });

  it('renews what somebody consented to after the restore', async () => {
    const it = await restored('login.example.org');
    await refreshToken(it, input).catch(() => undefined);
    const token = tokenOf({ refreshToken: 'consented', accessTokenExpiresAt: it.clock() });
    it.tokens.rows.set(7, token);
    await it.renewals.reconcile(it.clock());
    expect(await refreshToken(it, { ...input, force: true })).to.deep.equal({ outcome: 'renewed' });
    expect(sent(it).at(-1)).to.equal('consented');
  });

  for (const host of ['oauth2.googleapis.com', 'login.microsoftonline.com'])
    it(`uses them at ${host}, which accepts them again`, async () => {
      const it = await restored(host);
      expect(await refreshToken(it, { ...input, force: true })).to.deep.equal({ outcome: 'renewed' });
      expect(sent(it)).to.deep.equal(['refresh-0', 'r-1', 'refresh-0']);
    });
});
