import { expect } from 'chai';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import { SidecarError } from '../../../plugin/errors.js';
import { type RefreshTokenDeps, refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { tokenOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { testDeps } from './setup.js';

const withCode = (code: string) => Object.assign(new Error(`${code}: hush`), { code });
/** Errors of disk, database, memory, descriptors, and mistakes of our own. */
const FAULTS: Record<string, () => Error> = {
  'a full disk': () => withCode('ENOSPC'),
  'a disk that is read-only': () => withCode('EROFS'),
  'no more descriptors': () => withCode('EMFILE'),
  'no more memory': () => new RangeError('Array buffer allocation failed'),
  'a mistake in the program': () => new TypeError('undefined is not a function'),
  'an unexpected failure': () => new SidecarError('internal'),
  'a database that is away': () => new SidecarError('database-unavailable'),
  'a locked row': () => new SidecarError('database-busy'),
  'a missing right': () => new SidecarError('database-right-missing'),
  'a changed table': () => new SidecarError('schema-unknown'),
};
const PORTS = ['renewals', 'tokens', 'journal', 'endpoint', 'caches', 'settings'] as const;

/** The dependencies, of which one call throws. */
function failingAt(deps: RefreshTokenDeps, call: number, fault: () => Error) {
  const calls: string[] = [];
  const proxied = Object.fromEntries(
    PORTS.map((port) => [
      port,
      new Proxy(deps[port] as object, {
        get(target, name) {
          const member = Reflect.get(target, name) as unknown;
          if (typeof member !== 'function') return member;
          return (...given: unknown[]) => {
            calls.push(`${port}.${String(name)}`);
            if (calls.length === call) throw fault();
            return (member as (...values: unknown[]) => unknown).apply(target, given);
          };
        },
      }),
    ]),
  );
  return { deps: { ...deps, ...proxied } as RefreshTokenDeps, calls };
}

const ANSWERS: Record<string, () => Record<string, unknown>> = {
  'an answer': () => ({ access_token: 'access-1', expires_in: 3600, refresh_token: 'refresh-1' }),
  'a refusal': () => {
    throw new ProviderError({ outcome: 'grant-dead', error: 'invalid_grant', status: 400 });
  },
};

describe('a fault of our own during a renewal', () => {
  const token = tokenOf({ accessTokenExpiresAt: new Date('2026-11-24T12:01:00Z') });
  /** What the provider itself has said. */
  const TRUE_STATES: Record<string, unknown[]> = {
    'an answer': [null, 'renewed'],
    'a refusal': [null, 'grant-dead'],
  };

  for (const [name, answer] of Object.entries(ANSWERS))
    for (const [what, fault] of Object.entries(FAULTS))
      it(`causes no state of the configuration, no back-off and no failure, after whatever step: ${what} (${name})`, async () => {
        const tried: string[] = [];
        for (let call = 1; ; call++) {
          const stores = testDeps(new ScriptedEndpoint(answer), { token });
          await stores.renewals.reconcile(stores.clock());
          const { deps, calls } = failingAt(stores, call, fault);
          await refreshToken(deps, { configId: 7, userId: 1, actor: null }).catch(() => undefined);
          if (calls.length < call) break;
          const at = `at ${calls[call - 1]}, call ${call}`;
          tried.push(at);
          const { state } = stores.renewals.row(7);
          expect(state.outcome, at).to.be.oneOf(TRUE_STATES[name] ?? []);
          expect(state.retryAt, at).to.equal(null);
          const row = stores.tokens.rows.get(7);
          const isTrue = state.outcome === 'grant-dead' ? 'invalid_grant' : null;
          expect(row?.errorMessage, at).to.equal(isTrue);
          expect(JSON.stringify([stores.renewals.events, row]), at).to.not.match(
            /internal|database|schema|hush|refused|transient|network/,
          );
        }
        expect(tried.length, 'steps of a renewal').to.be.within(6, 40);
      });

  it("has one exception: a token that is too long for the helpdesk's column, because it stays too long", async () => {
    const stores = testDeps(new ScriptedEndpoint(ANSWERS['an answer'] as never), { token });
    stores.tokens.beforeSave = () => {
      throw new SidecarError('value-too-long');
    };
    await refreshToken(stores, { configId: 7, userId: 1, actor: null }).catch(() => undefined);
    expect(stores.renewals.row(7).state).to.include({ outcome: 'refused', error: 'value-too-long' });
  });
});
