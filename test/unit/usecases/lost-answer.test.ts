import { expect } from 'chai';
import type { LostAnswer } from '../../../plugin/domain/provider/lost-answer.js';
import { ProviderError, type ProviderFailure } from '../../../plugin/domain/provider/provider-error.js';
import { stateSentence } from '../../../plugin/domain/token/state-sentence.js';
import { tokenState } from '../../../plugin/domain/token/token-state.js';
import { SidecarError } from '../../../plugin/errors.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { presentEvent } from '../../../plugin/web/presenters/event.js';
import { configOf, documentOf, tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { testDeps } from './setup.js';

const failure = (changes: Partial<ProviderFailure>) => () => {
  throw new ProviderError({ outcome: 'transient', error: 'network', ...changes });
};
const lostBy = (lost: LostAnswer) => failure({ error: lost === 'timeout' ? 'timeout' : 'network', lost });
const refused = (description = '') => failure({ outcome: 'grant-dead', error: 'invalid_grant', description });
const away = failure({ error: 'http_503', status: 503 });
const answer = () => ({ access_token: 'a', expires_in: 60, refresh_token: 'r-1' });
const show = { time: (at: Date) => at.toISOString(), date: (at: Date) => at.toISOString() };

const REASONS: Record<LostAnswer, string> = {
  timeout: 'it did not arrive in time',
  cut: 'the connection was closed',
  incomplete: 'it arrived incomplete',
  gateway: 'a gateway responded in its place',
  stopped: 'the sidecar was stopped before it arrived',
  restored: 'the database was restored from an older backup',
};

/** Plays the answers, each when it is due, and collects what every screen and command says afterwards. */
async function afterwards(
  script: (() => Record<string, unknown>)[],
  document = documentOf(),
  between?: (it: ReturnType<typeof testDeps>, step: number) => void,
) {
  const token = tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T12:01:00Z') });
  const it = testDeps(new ScriptedEndpoint(...script), { config: configOf({ document }), token });
  let last: unknown;
  for (let step = 0; step < script.length; step++) {
    last = await refreshToken(it, { configId: 7, userId: 1, actor: null }).catch((error: unknown) => error);
    it.clock.advance(3600);
    between?.(it, step);
  }
  const row = await it.renewals.one(7);
  if (!row) throw new Error('no row');
  const event = it.renewals.events.at(-1);
  return {
    outcome: event?.outcome,
    code: event?.code,
    overview: inEnglish(stateSentence(tokenState(row, it.clock()), show, it.clock())),
    command: last instanceof SidecarError ? last.detail : String(last),
    helpdesk: it.tokens.rows.get(7)?.errorDescription ?? '',
    it,
  };
}

describe('a grant found dead after an answer was lost', () => {
  for (const lost of ['timeout', 'cut', 'incomplete', 'gateway'] as const)
    it(`is explained by the lost answer everywhere: ${lost}`, async () => {
      const told = await afterwards([lostBy(lost), away, refused()]);
      const cause = `a response from the provider was lost (${REASONS[lost]}), and the provider accepts each refresh token only once`;
      const sentence = `A${cause.slice(1)}. Request a new token.`;
      expect(told.overview).to.equal(sentence);
      expect(told.command).to.equal(`${sentence} (invalid_grant)`);
      expect(told.helpdesk).to.equal(sentence);
      expect([told.outcome, told.code]).to.deep.equal(['interrupted', `invalid_grant answer_lost_${lost}`]);
      const recorded = { ...told.it.renewals.events.at(-1), name: 'x', login: null, fullName: null };
      const shown = presentEvent(recorded as never, { language: 'en', timeZone: 'UTC', t: inEnglish });
      expect([shown.outcome, shown.explanation]).to.deep.equal(['Interrupted, response lost', sentence]);
    });

  const usual =
    'The provider ended the grant without giving a reason. Usual causes: access was revoked, the grant was unused for a long time or, at Google, the publishing status is Testing, where each consent expires after 7 days. Request a new token.';

  it('is explained as usual where no answer was lost', async () => {
    expect((await afterwards([away, refused()])).overview).to.equal(usual);
  });

  it('is explained as the provider says where it names another cause', async () => {
    const told = await afterwards([lostBy('timeout'), refused('AADSTS50173: revoked')]);
    expect(told.overview).to.equal(
      'An administrator or the owner of the account revoked all of its sessions. Request a new token.',
    );
    expect(told.outcome).to.equal('grant-dead');
  });

  it('is not blamed on a lost answer at Google, which accepts a refresh token many times', async () => {
    const told = await afterwards([lostBy('timeout'), refused()], documentOf('google-mail'));
    expect(told.overview).to.equal(usual);
  });

  it('is explained as usual once a renewal has worked in between', async () => {
    expect((await afterwards([lostBy('cut'), answer, refused()])).overview).to.equal(usual);
  });

  it('is explained as usual after a new consent, which brought another refresh token', async () => {
    const consent = (it: ReturnType<typeof testDeps>, step: number) => {
      if (step === 0) it.tokens.overwrite(7, { refreshToken: 'of the consent' });
    };
    expect((await afterwards([lostBy('cut'), refused()], documentOf(), consent)).overview).to.equal(usual);
  });

  it('is still explained by the lost answer after the helpdesk has tried the same refresh token', async () => {
    const perl = (it: ReturnType<typeof testDeps>, step: number) => {
      if (step !== 1) return;
      it.tokens.overwrite(7, { errorMessage: 'invalid_grant', errorCode: 'invalid_grant' });
      void it.renewals.reconcile(it.clock());
    };
    const told = await afterwards([lostBy('timeout'), refused(), refused()], documentOf(), perl);
    expect(told.overview).to.contain(REASONS.timeout);
  });
});
