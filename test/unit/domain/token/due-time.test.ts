import { expect } from 'chai';
import { ProviderError, type ProviderOutcome } from '../../../../plugin/domain/provider/provider-error.js';
import { dueTime, LONGEST_UNSEEN } from '../../../../plugin/domain/token/due-time.js';
import {
  decide,
  isRenewable,
  NEW_STATE,
  type Renewable,
  type RenewalPolicy,
  type RenewalState,
} from '../../../../plugin/domain/token/renewal.js';
import type { TokenAnswer } from '../../../../plugin/domain/token/token.js';
import { tokenState } from '../../../../plugin/domain/token/token-state.js';
import { type AttemptFacts, failed, succeeded } from '../../../../plugin/usecases/attempts.js';
import { createRandom, type Random } from '../../../support/random.js';
import { configOf, documentOf, tokenOf } from '../../../support/samples.js';

const NOW = new Date('2026-11-24T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const OUTCOMES: ProviderOutcome[] = [
  'transient',
  'grant-dead',
  'client-rejected',
  'refused',
  'invalid-answer',
];
/** The longest gap between an answer and the next request. */
const GAP = MINUTE;

/** Times on both sides of now, near and far, including those that wrong clocks produce. */
const when = (random: Random): Date => {
  const size = [1000, MINUTE, HOUR, 24 * HOUR, 900 * 24 * HOUR][random.below(5)] ?? HOUR;
  return new Date(NOW.getTime() + Math.round(random.between(-size, size)));
};
const maybe = <T>(random: Random, value: () => T): T | null => (random.chance(0.6) ? value() : null);
const word = (random: Random) => maybe(random, () => (random.chance(0.2) ? 'invalid_grant' : 'timeout'));

const clientCredentials = {
  ClientID: 'c',
  ClientSecret: 's',
  Requests: {
    TokenByClientCredentials: {
      Request: { URL: 'https://provider.example/token', Parameters: { grant_type: 'client_credentials' } },
    },
  },
};

/** The templates are files and are read once. */
const DOCUMENTS = [documentOf(), documentOf('google-mail'), clientCredentials, { Requests: {} }];

function subjectOf(random: Random): Renewable {
  const error = word(random);
  return {
    config: configOf({
      validId: random.chance(0.9) ? 1 : 2,
      document: DOCUMENTS[random.below(4)] as never,
    }),
    token: tokenOf({
      accessToken: maybe(random, () => 'access'),
      accessTokenExpiresAt: maybe(random, () => when(random)),
      refreshToken: maybe(random, () => 'refresh'),
      refreshTokenExpiresAt: random.chance(0.2) ? when(random) : null,
      errorMessage: error,
      errorCode: error,
      changeTime: when(random),
    }),
    renewal: stateOf(random),
  };
}

function stateOf(random: Random): RenewalState {
  if (random.chance(0.2)) return NEW_STATE;
  return {
    ...NEW_STATE,
    failures: random.below(40),
    outcome: maybe(random, () => [...OUTCOMES, 'renewed' as const][random.below(6)] ?? 'renewed'),
    retryAt: maybe(random, () => when(random)),
    lastSuccessAt: maybe(random, () => when(random)),
    receivedAt: maybe(random, () => when(random)),
    failingSince: maybe(random, () => when(random)),
    error: word(random),
    otherMailbox: random.chance(0.1) ? 'other@example.org' : null,
  };
}

const policyOf = (random: Random): RenewalPolicy => ({
  lead: random.between(1, 720) * MINUTE,
  leadShare: random.between(0, 0.5),
  maxAge: random.chance(0.3) ? 0 : random.between(1, 720) * HOUR,
  requestsPerProvider: 4,
});

const answerOf = (random: Random): TokenAnswer => ({
  ...(random.chance(0.9) ? { accessToken: 'new' } : {}),
  ...(random.chance(0.8) ? { accessTokenExpiresAt: when(random) } : {}),
  ...(random.chance(0.5) ? { refreshToken: 'successor' } : {}),
  ...(random.chance(0.2) ? { refreshTokenExpiresAt: when(random) } : {}),
});

function expectSeen(subject: Renewable, dueAt: Date | null, policy: RenewalPolicy, seed: number): void {
  if (!isRenewable(subject, NOW)) return;
  const { renew, at } = decide(subject, NOW, policy);
  const latest = renew ? NOW.getTime() : (at?.getTime() ?? Number.POSITIVE_INFINITY);
  const limit = Math.min(Math.max(latest, NOW.getTime() + GAP), NOW.getTime() + LONGEST_UNSEEN);
  if (dueAt !== null && dueAt.getTime() <= limit) return;
  const { document: _long, ...config } = subject.config;
  expect.fail(
    `due at ${dueAt?.toISOString()}, DUE_SEED=${seed}: ${JSON.stringify({ ...subject, config, policy })}`,
  );
}

describe('the time at which a configuration is due', () => {
  const seed = Number(process.env.DUE_SEED || 20261128);
  const times = 1500;

  it('exists for everything that can be renewed, in every state, and is never later than the renewal itself', () => {
    const random = createRandom(seed);
    let renewable = 0;
    for (let round = 0; round < times; round++) {
      const subject = subjectOf(random);
      const policy = policyOf(random);
      const state = tokenState(subject, NOW, policy);
      if (isRenewable(subject, NOW)) renewable++;
      expectSeen(subject, dueTime(subject, decide(subject, NOW, policy), state, NOW), policy, seed);
    }
    expect(renewable, 'or it proves nothing').to.be.within(times / 5, times);
  });

  it('exists after every answer and every failure', () => {
    const random = createRandom(seed);
    for (let round = 0; round < times; round++) {
      const subject = subjectOf(random);
      const policy = policyOf(random);
      const startedAt = random.chance(0.5) ? NOW : when(random);
      const facts: AttemptFacts = { what: 'renewal', actor: null, startedAt, holder: 'a', policy };
      const answer = answerOf(random);
      const success = succeeded(subject, answer, facts, NOW);
      const renewal = { ...NEW_STATE, ...success.state, lastSuccessAt: NOW } as RenewalState;
      const token = { ...subject.token, ...answer, errorMessage: null, errorCode: null, changeTime: NOW };
      expectSeen({ ...subject, token, renewal }, success.state.dueAt, policy, seed);

      const outcome = OUTCOMES[random.below(5)] ?? 'transient';
      const retryAfter = maybe(random, () => random.below(100_000));
      const failure = { outcome, error: 'x', description: '', status: null, retryAfter, codes: '' };
      const failing = failed(
        subject,
        new ProviderError(failure),
        { ...facts, interrupted: random.chance(0.1) },
        NOW,
      );
      const after = { ...subject.renewal, ...failing.state } as RenewalState;
      expectSeen({ ...subject, renewal: after }, failing.state.dueAt, policy, seed);
    }
  });

  it('is a moment after a stored token has ended, and a minute after one that arrived already expired', () => {
    const facts: AttemptFacts = {
      what: 'renewal',
      actor: null,
      startedAt: new Date(NOW.getTime() - 2 * HOUR),
      holder: 'a',
      policy: policyOf(createRandom(1)),
    };
    const subject = { config: configOf(), token: tokenOf(), renewal: NEW_STATE };
    const stored = (end: Date) =>
      succeeded(subject, { accessToken: 'n', accessTokenExpiresAt: end }, facts, NOW).state.dueAt;
    expect(stored(new Date(NOW.getTime() - HOUR))).to.deep.equal(new Date(NOW.getTime() + 5000));
    expect(stored(facts.startedAt)).to.deep.equal(new Date(NOW.getTime() + MINUTE));
  });
});
