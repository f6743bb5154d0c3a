import { expect } from 'chai';
import type { RelayPassword } from '../../../../plugin/domain/relay/relay-password.js';
import { openRelayedMailbox } from '../../../../plugin/usecases/relay/open-relayed-mailbox.js';

const PASSWORD: RelayPassword = {
  ...{ id: 1, configId: 7, login: 'a@example.com', client: 'Test', createdBy: 1, createdAt: new Date(0) },
  ...{ servers: { imap: { type: 'IMAPS', address: 'imap.example.com' } }, lastUsedAt: null, isOrphan: false },
};

/** Signs in with the right password. @returns what was asked for and what the client was told */
async function open(changes: Partial<RelayPassword>) {
  const steps: string[] = [];
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const deps = {
    checkSignIn: async () => ({ ...PASSWORD, ...changes }),
    async tokenInTime(configId: number) {
      steps.push(`token of ${configId}`);
      return 'token';
    },
    async connect({ host }: { host: string }) {
      steps.push(`connection to ${host}`);
      return {};
    },
    log,
  };
  const request = { login: PASSWORD.login, password: 'right', address: '', helloName: 'desk' };
  const said = await openRelayedMailbox(deps, { ...request, protocol: 'imap' }).then(
    () => 'signed in',
    (error) => `${error.kind}: ${error.message}`,
  );
  return { said, steps };
}

describe('a mailbox behind the relay', () => {
  it('is opened with the token of its configuration', async () => {
    expect(await open({})).to.deep.equal({
      said: 'signed in',
      steps: ['token of 7', 'connection to imap.example.com'],
    });
  });

  it('stays closed if its configuration was deleted: no token is asked for, because another one may have the ID', async () => {
    expect(await open({ isOrphan: true })).to.deep.equal({
      said: 'action: The token configuration of this mailbox was deleted.',
      steps: [],
    });
  });
});
