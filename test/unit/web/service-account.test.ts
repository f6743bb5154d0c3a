import path from 'node:path';
import { expect } from 'chai';
import { SidecarError } from '../../../plugin/errors.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import { presentNextSteps } from '../../../plugin/web/presenters/next-steps.js';
import type { Reader } from '../../../plugin/web/reader.js';
import { createRender } from '../../../plugin/web/render.js';
import { importKey } from '../../../plugin/web/routes/service-account.js';
import type { ScreenCall } from '../../../plugin/web/screen-call.js';
import { configOf } from '../../support/samples.js';
import { ACCOUNT, CLIENT_ID, serviceAccount } from '../../support/service-account.js';

const { render } = createRender(path.resolve(import.meta.dirname, '../../../templates'));
const reader = { t: inEnglish } as unknown as Reader;
const config = configOf({ document: serviceAccount({ Account: ACCOUNT, Key: 'k'.repeat(43) }) });

describe('the key of a service account on the page "Next steps"', () => {
  it('is uploaded by a form with the challenge token; the values for delegation are ready to copy', () => {
    const data = presentNextSteps(
      {
        config,
        identity: null,
        keyState: 'missing',
        servers: { receive: [{ type: 'IMAPS', address: 'imap.gmail.com' }], send: null },
        accounts: [],
        abilities: { mailAccounts: true, smtp: true, scripts: 'bin/otrs' as never },
        other: '',
        claims: null,
        hasToken: false,
        objectId: '',
        signIn: 'SendmailModule::AuthenticationType',
      },
      reader,
    );
    const page = render(
      'pages/next-steps',
      { ...data, here: 'Next steps', challengeToken: 'challenge' },
      { language: 'en', timeZone: 'UTC' },
    );
    expect(page).to.include(`<pre id="DelegationClient">${CLIENT_ID}</pre>`);
    expect(page).to.include('<pre id="DelegationScopes">https://mail.google.com/</pre>');
    expect(page).to.include('No usable key is stored on this machine.');
    const [, form = ''] = /<form action="([^"]*ImportServiceAccountKey[\s\S]*?)<\/form>/.exec(page) ?? [];
    expect(form).to.include('enctype="multipart/form-data"');
    expect(form).to.include('name="ChallengeToken" value="challenge"');
    expect(form).to.include(`name="ID" value="${config.id}"`);
    expect(form).to.include('name="KeyFile" type="file"');
    expect(page).to.not.include('id="OtherMailbox"');
  });

  const call = (content: string | null, take: () => Promise<unknown>) => {
    const told: string[] = [];
    const keys = { inspect: take, take, state: async () => 'missing', remove: async () => undefined };
    const deps = {
      tokenConfigs: { byId: async () => config, mentions: async () => true, update: async () => undefined },
      caches: { forgetTokenConfigs: async () => undefined },
      serviceAccountKeys: keys,
      usages: { of: async () => new Map() },
      renewals: { one: async () => null },
      identities: { of: async () => new Map() },
      templates: { list: async () => [] },
      abilities: async () => ({ mailAccounts: true, smtp: true, scripts: 'bin/otrs' }),
      settings: { current: async () => ({ text: () => '', number: () => 0, get: () => undefined }) },
    };
    const made = {
      deps,
      reader,
      agent: { userId: 5 },
      settings: { text: () => '', get: () => undefined },
      parameters: {
        id: () => 7,
        one: () => undefined,
        flag: () => false,
        file: () => (content === null ? undefined : { name: 'key.json', content: Buffer.from(content) }),
      },
      redirect: (url: string) => told.push(url),
      showPage: async ({ status, messages = [] }: { status?: number; messages?: { text: string }[] }) => {
        told.push(`${status} ${messages[0]?.text}`);
      },
    } as unknown as ScreenCall;
    return { made, told };
  };

  it('leads back to the page when it is stored', async () => {
    const facts = { key: 'n'.repeat(43), keyId: 'key-2', account: ACCOUNT, clientId: CLIENT_ID };
    const { made, told } = call('{}', async () => facts);
    await importKey(made);
    expect(told).to.have.length(1);
    expect(told[0]).to.include('Subaction=NextSteps').and.include('Notice=key-imported');
  });

  it('is refused with the reason on the page when the file is missing or of another kind', async () => {
    const missing = call(null, async () => ({}));
    await importKey(missing.made);
    expect(missing.told).to.deep.equal(['422 Choose the key file (JSON) first.']);
    const other = call('{}', async () => {
      throw new SidecarError('service-account-key-unusable', { detail: 'The file contains no "client_id".' });
    });
    await importKey(other.made);
    expect(other.told).to.deep.equal([
      '422 The key of the service account cannot be used. Nothing was changed. The file contains no "client_id".',
    ]);
  });
});
