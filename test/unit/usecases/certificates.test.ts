import { expect } from 'chai';
import { certificatesOf } from '../../../plugin/domain/configuration/certificates.js';
import type { TokenConfigDocument } from '../../../plugin/domain/configuration/token-config.js';
import { formOf } from '../../../plugin/domain/configuration/token-config-form.js';
import { validateForm } from '../../../plugin/domain/configuration/validate-form.js';
import type { CertificateFacts } from '../../../plugin/domain/provider/client-keys.js';
import { ProviderError } from '../../../plugin/domain/provider/provider-error.js';
import { stateSentence } from '../../../plugin/domain/token/state-sentence.js';
import { tokenState } from '../../../plugin/domain/token/token-state.js';
import { SidecarError } from '../../../plugin/errors.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import {
  createCertificate,
  importCertificate,
  type Removed,
  removeCredential,
} from '../../../plugin/usecases/manage-certificates.js';
import { refreshToken } from '../../../plugin/usecases/refresh-token.js';
import { clientCredentials } from '../../support/client-credentials.js';
import { configOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { codeOf, testDeps } from './setup.js';

const OLD = 'o'.repeat(43);
const NEW = 'n'.repeat(43);
const DAY = 86_400_000;
const rejected = (error: string, status: number | null) =>
  new ProviderError({
    outcome: 'client-rejected',
    error,
    status,
  });
const facts = (thumbprint: string, validTo: Date): CertificateFacts => ({
  thumbprint,
  sha1: '00',
  validFrom: new Date(0),
  validTo,
  pem: '',
});

const adding = { configId: 7, userId: 5, anyProvider: false, days: 30 };

function make({ secret = 'secret-of-the-client', certificates = [] as string[], url = '' } = {}) {
  const Certificates = certificates.map((Thumbprint) => ({ Thumbprint, Expires: '2030-01-01' }));
  const document = {
    ...clientCredentials(...(url ? [url] : [])),
    ClientSecret: secret,
    Sidecar: { Certificates, PKCE: 1 },
  };
  const endpoint = new ScriptedEndpoint(() => ({ access_token: 'access-2', expires_in: 3600 }));
  const deps = testDeps(endpoint, { config: configOf({ document }) });
  const removed: string[] = [];
  const made: string[] = [];
  const give = async () => {
    made.push(NEW);
    return facts(NEW, new Date('2027-03-04T05:06:07Z'));
  };
  const keys = {
    remove: async (thumbprint: string) => void removed.push(thumbprint),
    create: give,
    take: give,
  };
  const all = { ...deps, keys };
  const document7 = async () => (await deps.tokenConfigs.byId(7))?.document ?? {};
  const remove = (what: Removed) => removeCredential(all, { configId: 7, removed: what, userId: 5 });
  return { deps: all, endpoint, removed, made, document7, remove };
}

describe('the certificates of a token configuration', () => {
  it('are in the document by thumbprint and day only, the newest first; all else in it stays', async () => {
    const { deps, document7 } = make({ certificates: [OLD] });
    await createCertificate(deps, adding);
    const { Sidecar, ...rest } = await document7();
    expect(Sidecar).to.deep.equal({
      PKCE: 1,
      Certificates: [
        { Thumbprint: NEW, Expires: '2027-03-04' },
        { Thumbprint: OLD, Expires: '2030-01-01' },
      ],
    });
    expect(rest).to.deep.equal(clientCredentials());
  });

  it('are added at Microsoft, in each of its clouds; elsewhere no key is made unless that is asked for', async () => {
    const ways: [
      string,
      (deps: ReturnType<typeof make>['deps'], anyProvider: boolean) => Promise<unknown>,
    ][] = [
      ['create', (deps, anyProvider) => createCertificate(deps, { ...adding, anyProvider })],
      [
        'import',
        (deps, anyProvider) => {
          const file = { content: new Uint8Array(), password: '', now: deps.clock() };
          return importCertificate(deps, { ...adding, anyProvider, ...file });
        },
      ],
    ];
    for (const [way, add] of ways) {
      for (const host of [
        'login.microsoftonline.com',
        'login.microsoftonline.us',
        'login.partner.microsoftonline.cn',
        'login.chinacloudapi.cn',
      ]) {
        const { deps, made } = make({ url: `https://${host}/contoso.com/oauth2/v2.0/token` });
        await add(deps, false);
        expect(made, `${way} at ${host}`).to.deep.equal([NEW]);
      }
      const { deps, made, document7 } = make({ url: 'https://microsoftonline.com.example.org/token' });
      expect(await codeOf(add(deps, false)), way).to.equal('certificate-unusable');
      expect([made, certificatesOf(await document7())], way).to.deep.equal([[], []]);
      await add(deps, true);
      expect(made, way).to.deep.equal([NEW]);
    }
  });

  it('whose key was made, but which could not be stored, leave no key behind, unless they were stored all the same', async () => {
    const failing = make();
    failing.deps.tokenConfigs.update = async () => {
      throw new SidecarError('edit-conflict');
    };
    expect(await codeOf(createCertificate(failing.deps, adding))).to.equal('edit-conflict');
    expect(failing.removed).to.deep.equal([NEW]);
    const late = make();
    const { update } = late.deps.tokenConfigs;
    late.deps.tokenConfigs.update = async (...given) => {
      await update.apply(late.deps.tokenConfigs, given);
      throw new SidecarError('database-unavailable');
    };
    expect(await codeOf(createCertificate(late.deps, adding))).to.equal('database-unavailable');
    expect(late.removed).to.deep.equal([]);
    const imported = { ...adding, content: Buffer.from(''), password: '', now: new Date() };
    const other = make();
    other.deps.tokenConfigs.update = failing.deps.tokenConfigs.update;
    expect(await codeOf(importCertificate(other.deps, imported))).to.equal('edit-conflict');
    expect(other.removed).to.deep.equal([NEW]);
  });

  it('are read from whatever others have written, without what is none', () => {
    for (const list of [undefined, 'text', { a: 1 }, [null, 1, {}, { Thumbprint: '../../etc/passwd' }]])
      expect(certificatesOf({ Sidecar: { Certificates: list } })).to.deep.equal([]);
    expect(
      certificatesOf({ Sidecar: { Certificates: [{ Thumbprint: OLD, Expires: 'soon' }] } }),
    ).to.deep.equal([{ thumbprint: OLD, expires: '' }]);
  });

  it('are tried in their order before the secret, at each request', async () => {
    const { deps, endpoint } = make({ certificates: [NEW, OLD] });
    await refreshToken(deps, { configId: 7, userId: 5, actor: 5, force: true });
    expect(endpoint.requests[0]?.client).to.deep.include({
      certificates: [NEW, OLD],
      secret: 'secret-of-the-client',
    });
  });

  it('are removed with their key after the token was renewed with what remains', async () => {
    const { endpoint, removed, document7, remove } = make({ certificates: [NEW, OLD], secret: '' });
    await remove({ thumbprint: OLD });
    expect(endpoint.requests.map(({ client }) => client.certificates)).to.deep.equal([[NEW]]);
    expect(certificatesOf(await document7()).map(({ thumbprint }) => thumbprint)).to.deep.equal([NEW]);
    expect(removed).to.deep.equal([OLD]);
  });

  it('all stay if the provider refuses what would remain', async () => {
    const { deps, removed, document7, remove } = make({ certificates: [NEW, OLD] });
    deps.endpoint.post = async () => {
      throw new Error('refused');
    };
    await remove({ thumbprint: OLD }).catch(() => undefined);
    expect(certificatesOf(await document7()).map(({ thumbprint }) => thumbprint)).to.deep.equal([NEW, OLD]);
    expect(removed).to.deep.equal([]);
  });

  it('stay in a configuration whose state, retry and history a refused removal leaves as they were', async () => {
    const { deps, remove } = make({ certificates: [NEW, OLD] });
    await refreshToken(deps, { configId: 7, userId: 5, actor: 5, force: true });
    const before = structuredClone([deps.renewals.row(7), deps.tokens.rows.get(7), deps.renewals.events]);
    deps.endpoint.post = async () => {
      throw rejected('invalid_client', 401);
    };
    expect(await codeOf(remove({ thumbprint: OLD }))).to.equal('client-rejected');
    expect([deps.renewals.row(7), deps.tokens.rows.get(7), deps.renewals.events]).to.deep.equal(before);
  });

  it('all stay if somebody changes the credentials while what remains is tried', async () => {
    for (const change of [
      { ClientID: 'another-app' },
      { ClientSecret: '' },
      { Sidecar: { Certificates: [{ Thumbprint: OLD, Expires: '2030-01-01' }] } },
    ]) {
      const { deps, removed, document7, remove } = make({ certificates: [NEW, OLD] });
      deps.endpoint.post = async () => {
        const [row] = deps.tokenConfigs.rows;
        if (row) Object.assign(row.document, change);
        return { access_token: 'access-2', expires_in: 3600 };
      };
      expect(await codeOf(remove({ thumbprint: OLD }))).to.equal('edit-conflict');
      expect(await document7()).to.deep.include(change);
      expect(removed).to.deep.equal([]);
    }
  });

  it('let the secret leave the database once they were accepted alone', async () => {
    const { endpoint, document7, remove } = make({ certificates: [NEW] });
    await remove('client-secret');
    expect(endpoint.requests[0]?.client).to.deep.include({ certificates: [NEW], secret: '' });
    expect((await document7()).ClientSecret).to.equal('');
  });

  it('never end with nothing to sign in with, and an unknown one is no success', async () => {
    for (const [given, what] of [
      [make({ certificates: [OLD], secret: '' }), { thumbprint: OLD }],
      [make(), 'client-secret'],
      [make({ certificates: [OLD] }), { thumbprint: NEW }],
    ] as const) {
      const before = await given.document7();
      expect(await codeOf(given.remove(what))).to.equal('certificate-unusable');
      expect(await given.document7()).to.deep.equal(before);
      expect(given.removed).to.deep.equal([]);
    }
  });

  it('make the client secret optional in the form; a new configuration says that it will have one', () => {
    const now = new Date();
    const faults = (document: TokenConfigDocument, changes: object = {}) =>
      Object.keys(
        validateForm(
          {
            ...formOf(document, { name: 'App' }),
            ClientID: '1b2c3d4e-1111-2222-3333-444455556666',
            ...changes,
          },
          { document, stored: false, now },
        ),
      );
    const without = { ...clientCredentials(), ClientSecret: '' };
    expect(faults(without)).to.deep.equal(['ClientSecret']);
    expect(faults(without, { WithCertificate: true })).to.deep.equal([]);
    const Certificates = [{ Thumbprint: OLD, Expires: '2030-01-01' }];
    expect(faults({ ...without, Sidecar: { Certificates } })).to.deep.equal([]);
  });

  it('are watched like a client secret: 30, 14 and 3 days ahead, the one that ends first', () => {
    const { deps } = make();
    const now = deps.clock();
    const state = (days: number) => {
      const Expires = new Date(now.getTime() + days * DAY).toISOString().slice(0, 10);
      const Certificates = [
        { Thumbprint: NEW, Expires: '2099-01-01' },
        { Thumbprint: OLD, Expires },
      ];
      const document = {
        ...clientCredentials(),
        Sidecar: { Certificates, ClientSecretExpires: '2098-01-01' },
      };
      const row = { ...make().deps };
      return { document, row };
    };
    const judged = async (days: number) => {
      const { document, row } = state(days);
      const [renewal] = [await row.renewals.one(7)];
      if (!renewal) throw new Error('no row');
      return tokenState({ ...renewal, config: configOf({ document }) }, now);
    };
    return Promise.all([31, 29, 13, 2].map(judged)).then((states) => {
      expect(states.map(({ kind, severity }) => [kind, severity])).to.deep.equal([
        ['valid', 'ok'],
        ['secret-ends', 'info'],
        ['secret-ends', 'warning'],
        ['secret-ends', 'error'],
      ]);
      const show = { time: String, date: () => 'THE DAY' } as never;
      const [, , , urgent] = states;
      expect(urgent && inEnglish(stateSentence(urgent, show, now))).to.match(
        /^Certificate expires on THE DAY: create a new one \("znuny-oauth2 certificate create"\)/,
      );
    });
  });
});
