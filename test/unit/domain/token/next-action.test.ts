import { expect } from 'chai';
import type { Actor } from '../../../../plugin/domain/actor.js';
import { type ActionFacts, nextAction } from '../../../../plugin/domain/token/next-action.js';
import type { StateKind } from '../../../../plugin/domain/token/token-state.js';

const USUAL: ActionFacts = { withoutPerson: false, renewable: true, used: true, testable: true };
const of = (kind: StateKind, facts: Partial<ActionFacts> = {}, actor: Actor = 'admin', works = true) =>
  nextAction({ kind, actor, works }, { ...USUAL, ...facts });

describe('the main action of a row', () => {
  for (const [kind, action, facts] of [
    ['mail-stopped', 'test'],
    ['mail-failing', 'test'],
    ['consent-needed', 'request-token'],
    ['scope-missing', 'request-token'],
    ['consent-needed', 'renew', { withoutPerson: true }],
    ['consent-needed', 'edit', { withoutPerson: true, renewable: false }],
    ['never-requested', 'request-token', { renewable: false }],
    ['other-mailbox', 'request-token'],
    ['client-rejected', 'edit'],
    ['client-rejected', 'next-steps', { withoutPerson: true, hasServiceAccount: true }],
    ['request-refused', 'edit'],
    ['secret-ends', 'edit'],
    ['switched-off', 'edit'],
    ['expired', 'renew'],
    ['overdue', 'renew'],
    ['provider-unavailable', 'renew'],
    ['provider-unavailable', 'request-token', { renewable: false }],
    ['valid', 'test'],
    ['renewing', 'test'],
    ['valid', 'next-steps', { used: false }],
    ['valid', 'history', { testable: false }],
    ['not-renewable', 'test'],
  ] as [StateKind, string, Partial<ActionFacts>?][])
    it(`is ${action} in the state ${kind} ${JSON.stringify(facts ?? {})}`, () => {
      expect(of(kind, facts)).to.equal(action);
    });

  it('is a request for a token where only the owner can act', () => {
    expect(of('request-refused', {}, 'owner')).to.equal('request-token');
    expect(of('not-renewable', {}, 'owner', false)).to.equal('request-token');
  });
});
