import { expect } from 'chai';
import { ProviderError, type ProviderFailure } from '../../../plugin/domain/provider/provider-error.js';
import { tokenState } from '../../../plugin/domain/token/token-state.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { configOf, tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const failing = (changes: Partial<ProviderFailure>) => () =>
  Promise.reject(
    new ProviderError({
      outcome: 'transient',
      error: 'http_500',
      status: 500,
      ...changes,
    }),
  );
const REJECTED = {
  outcome: 'client-rejected',
  error: 'invalid_client',
  description: 'AADSTS7000222: expired client secret',
} as const;
const REFUSED = {
  outcome: 'refused',
  error: 'invalid_scope',
  description: 'AADSTS70011: scope',
} as const;
const input = { configId: 7, userId: 1, actor: null };
const MINUTE = 60_000;

describe('the cause of a failed renewal', () => {
  /** Renews once for each answer, twenty minutes apart. */
  async function afterAnswers(...answers: ConstructorParameters<typeof ScriptedEndpoint>) {
    const deps = testDeps(new ScriptedEndpoint(...answers), {
      token: tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T12:01:00Z') }),
    });
    const began = deps.clock().getTime();
    for (const [index] of answers.entries()) {
      await refreshToken(deps, input).catch((error: unknown) => {
        if (!(error as { code?: string }).code) throw error;
      });
      if (index < answers.length - 1) deps.clock.advance(20 * 60);
    }
    const renewal = deps.renewals.row(7).state;
    const token = await deps.tokens.get(7);
    const state = tokenState({ config: configOf(), token, renewal }, deps.clock());
    const since = state.failingSince && (state.failingSince.getTime() - began) / MINUTE;
    return { deps, state, since, renewal };
  }
  const passing = {
    'HTTP 500': failing({}),
    'a time-out': failing({ error: 'timeout', status: null }),
    'an answer without a token': failing({ outcome: 'invalid-answer', error: 'invalid_answer' }),
  };

  for (const [what, fails] of Object.entries(passing))
    it(`stays that of the rejected client when ${what} follows`, async () => {
      const { state, since, renewal } = await afterAnswers(failing(REJECTED), fails, fails);
      expect(state).to.include({ kind: 'client-rejected', severity: 'error', actor: 'admin' });
      expect(state.failure).to.deep.equal({
        error: REJECTED.error,
        description: REJECTED.description,
        codes: 'AADSTS7000222',
      });
      expect(since).to.equal(0);
      expect(renewal).to.include({
        outcome: 'client-rejected',
        error: 'invalid_client AADSTS7000222',
        failures: 3,
      });
    });

  it('stays that of the refused request as well', async () => {
    const { state } = await afterAnswers(failing(REFUSED), failing({}));
    expect(state.kind).to.equal('request-refused');
    expect(state.failure?.error).to.equal('invalid_scope');
  });

  it('is replaced by another cause that time does not cure, which has a time of its own', async () => {
    const { state, since } = await afterAnswers(failing(REFUSED), failing({}), failing(REJECTED));
    expect(state.kind).to.equal('client-rejected');
    expect(state.failure?.description).to.equal(REJECTED.description);
    expect(since).to.equal(40);
  });

  it('begins when it is first seen, not when a passing fault before it began', async () => {
    const { state, since } = await afterAnswers(failing({}), failing({}), failing(REJECTED));
    expect(state.kind).to.equal('client-rejected');
    expect(since).to.equal(40);
  });

  it('keeps the beginning of an outage whatever the provider answers meanwhile', async () => {
    const { state, since } = await afterAnswers(failing({}), failing({ error: 'timeout', status: null }));
    expect(state.kind).to.equal('provider-unavailable');
    expect(since).to.equal(0);
  });

  it('is tried again as soon as after a passing fault, and cleared by a success', async () => {
    const { deps, renewal } = await afterAnswers(failing(REJECTED), failing({}));
    expect(Number(renewal.retryAt) - deps.clock().getTime()).to.be.within(MINUTE / 4, 15 * MINUTE);
    const { state } = await afterAnswers(failing(REJECTED), failing({}), () => ({
      access_token: 'access-1',
      expires_in: 3600,
    }));
    expect(state.kind).to.equal('valid');
    expect(state.failure).to.equal(null);
  });

  it('is written into the history once', async () => {
    const { deps } = await afterAnswers(failing(REJECTED), failing({}), failing({}), failing(REJECTED));
    const renewals = deps.events.events.filter(({ what }) => what === 'renewal');
    expect(renewals.map(({ outcome }) => outcome)).to.deep.equal(['client-rejected']);
  });

  it('still tells the caller what this attempt met', async () => {
    const { deps } = await afterAnswers(failing(REJECTED), failing({ error: 'timeout', status: null }));
    deps.clock.advance(20 * 60);
    expect(await codeOf(refreshToken(deps, input))).to.equal('provider-timeout');
  });
});
