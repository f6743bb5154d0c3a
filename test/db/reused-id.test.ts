import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { createRelayPasswordStore } from '../../db/repositories/relay-passwords.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createFailedSignIns } from '../../plugin/domain/relay/failed-sign-ins.js';
import { addRelayPassword } from '../../plugin/usecases/relay/add-relay-password.js';
import { createSignInCheck } from '../../plugin/usecases/relay/check-sign-in.js';
import { openRelayedMailbox } from '../../plugin/usecases/relay/open-relayed-mailbox.js';
import { forgetDeletedIds } from '../support/sql.js';
import { type Fixture, fixture } from './fixture.js';
import { type PrivateHome, privateHome } from './helpdesk-perl.js';

const LOGIN = 'support@example.org';
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('a relay password whose configuration the helpdesk itself deletes', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let helpdesk: PrivateHome;
  let store: ReturnType<typeof createRelayPasswordStore>;

  before(async () => {
    fix = await fixture();
    helpdesk = privateHome(fix.helpdeskAddress);
    store = createRelayPasswordStore(fix);
  });
  after(async () => {
    helpdesk.remove();
    await fix.close();
  });

  /** The genuine helpdesk's own module. */
  const configs = <T>(call: string): T =>
    helpdesk.perl<T>(`$OM->Get('Kernel::System::OAuth2TokenConfig')->${call};`);
  const add = (name: string): number =>
    Number(
      configs<string>(
        `DataAdd( Name => '${name}', Config => { ClientID => 'x' }, ValidID => 1, CreateBy => 1, ChangeBy => 1, UserID => 1 )`,
      ),
    );

  /** A client signs in. @returns the token that it gets, or why it gets none */
  async function signIn(password: string): Promise<string> {
    const { clock } = fix;
    const deps = {
      checkSignIn: createSignInCheck({
        ...{ relayPasswords: store, failedSignIns: createFailedSignIns(clock), clock, log },
      }),
      tokenInTime: async (configId: number) => `the token of ${configId}`,
      connect: async ({ accessToken }: { accessToken: string | Promise<string> }) => accessToken,
      log,
    };
    const request = { login: LOGIN, password, address: '', helloName: 'desk', protocol: 'imap' } as const;
    return openRelayedMailbox(deps, request).then(
      ({ connection }) => connection,
      (error: Error) => error.message,
    );
  }

  it('opens no other configuration to which the helpdesk then gives the same ID', async () => {
    const id = add('Support');
    const config = await createTokenConfigStore(fix).byId(id);
    if (!config) throw new Error('the helpdesk has not stored it');
    const { clock } = fix;
    const { password } = await addRelayPassword(
      { relayPasswords: store, events: null, templates: { list: async () => [] }, clock, log },
      { config, login: LOGIN, client: 'Scanner', servers: ['IMAPS imap.example.org'], userId: 1 },
    );
    expect(await signIn(password)).to.equal(`the token of ${id}`);

    expect(configs(`DataDelete( ID => ${id}, UserID => 1 )`)).to.equal('1');
    await fix.rows(forgetDeletedIds('oauth2_token_config'));
    // The helpdesk notes when a configuration was created, in seconds.
    await pause(1100);
    expect(add('Salaries'), 'the ID is reused').to.equal(id);

    expect(await signIn(password)).to.equal('The token configuration of this mailbox was deleted.');
    expect((await store.list()).map(({ configId, isOrphan }) => [configId, isOrphan])).to.deep.equal([
      [id, true],
    ]);
    expect(await store.ofConfig(id)).to.deep.equal([]);
  });
});
