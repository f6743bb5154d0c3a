import { expect } from 'chai';
import type { TokenConfigDocument } from '../../../plugin/domain/configuration/token-config.js';
import type { KeyState } from '../../../plugin/domain/provider/client-keys.js';
import { SidecarError } from '../../../plugin/errors.js';
import { importServiceAccount } from '../../../plugin/usecases/import-service-account.js';
import { clientCredentials } from '../../support/client-credentials.js';
import { configOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { ACCOUNT, CLIENT_ID, serviceAccount } from '../../support/service-account.js';
import { codeOf, testDeps } from './setup.js';

const OLD = 'o'.repeat(43);
const NEW = 'n'.repeat(43);

function make(
  document: TokenConfigDocument,
  others: TokenConfigDocument[] = [],
  { clientId = CLIENT_ID, keyState = 'usable' as KeyState } = {},
) {
  const deps = testDeps(new ScriptedEndpoint(() => ({})), { config: configOf({ document }) });
  const calls: string[] = [];
  const facts = { key: NEW, keyId: 'key-2', account: ACCOUNT, clientId };
  const serviceAccountKeys = {
    inspect: async () => facts,
    take: async () => {
      calls.push('take');
      return facts;
    },
    state: async () => keyState,
    remove: async (key: string) => void calls.push(`remove ${key}`),
  };
  const stored = async () => (await deps.tokenConfigs.byId(7))?.document ?? {};
  const tokenConfigs = Object.assign(deps.tokenConfigs, {
    mentions: async (text: string) => JSON.stringify([await stored(), ...others]).includes(text),
  });
  const all = { ...deps, tokenConfigs, serviceAccountKeys };
  const take = () => importServiceAccount(all, { configId: 7, content: Buffer.from('{}'), userId: 5 });
  return { take, stored, calls, tokenConfigs };
}

describe('the import of a key of a service account', () => {
  it('names the key in the document, which contains no key; mailbox and all else stay', async () => {
    const { take, stored, calls } = make(serviceAccount());
    await take();
    expect(await stored()).to.deep.equal(serviceAccount({ Account: ACCOUNT, KeyID: 'key-2', Key: NEW }));
    expect(calls).to.deep.equal(['take']);
  });

  it('removes an earlier key only when no configuration names it any more', async () => {
    const before = serviceAccount({ Key: OLD });
    const shared = make(before, [serviceAccount({ Key: OLD, Mailbox: 'sales@example.com' })]);
    await shared.take();
    expect(shared.calls).to.deep.equal(['take']);
    const alone = make(before);
    await alone.take();
    expect(alone.calls).to.deep.equal(['take', `remove ${OLD}`]);
  });

  it('stores the key again that somebody removed meanwhile with its last other configuration', async () => {
    const { take, calls } = make(serviceAccount(), [], { keyState: 'missing' });
    await take();
    expect(calls).to.deep.equal(['take', 'take']);
  });

  it('leaves no key behind that could not be named, unless it was named all the same', async () => {
    const failing = make(serviceAccount());
    failing.tokenConfigs.update = async () => {
      throw new SidecarError('edit-conflict');
    };
    expect(await codeOf(failing.take())).to.equal('edit-conflict');
    expect(failing.calls).to.deep.equal(['take', `remove ${NEW}`]);
    const late = make(serviceAccount());
    const { update } = late.tokenConfigs;
    late.tokenConfigs.update = async (...given) => {
      await update.apply(late.tokenConfigs, given);
      throw new SidecarError('database-unavailable');
    };
    expect(await codeOf(late.take())).to.equal('database-unavailable');
    expect(late.calls).to.deep.equal(['take']);
  });

  it('stores no key of another account, and none for a configuration of another kind', async () => {
    const cases = [make(serviceAccount(), [], { clientId: '999' }), make(clientCredentials())];
    for (const { take, stored, calls } of cases) {
      const before = await stored();
      expect(await codeOf(take())).to.equal('service-account-key-unusable');
      expect(calls).to.deep.equal([]);
      expect(await stored()).to.deep.equal(before);
    }
  });
});
