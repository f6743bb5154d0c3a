import { expect } from 'chai';
import { withCertificates } from '../../../plugin/domain/configuration/certificates.js';
import { formOf } from '../../../plugin/domain/configuration/token-config-form.js';
import { NEW_STATE } from '../../../plugin/domain/token/renewal.js';
import type { StoredToken } from '../../../plugin/domain/token/token.js';
import { SidecarError } from '../../../plugin/errors.js';
import { deleteTokenConfig } from '../../../plugin/usecases/delete-token-config.js';
import { saveTokenConfig, versionOf } from '../../../plugin/usecases/save-token-config.js';
import { tokenProblems } from '../../../plugin/usecases/token-problems.js';
import { configOf, documentOf, noUsage, settingsReader, tokenOf, usagesOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { serviceAccount } from '../../support/service-account.js';
import { codeOf, testDeps } from './setup.js';

const make = () => testDeps(new ScriptedEndpoint());
const template = {
  name: 'Google Mail',
  document: documentOf('google-mail', { ClientID: '', ClientSecret: '' }),
};
const form = (changes = {}) => ({
  ...formOf(template.document, { name: 'Sales' }),
  ClientID: 'id-2',
  ClientSecret: 'secret-2',
  ...changes,
});
const edit = (changes = {}) => ({ ...formOf(documentOf(), { name: 'Support mailbox' }), ...changes });

describe('saving a token configuration', () => {
  it('adds one from a template and keeps the template’s name', async () => {
    const deps = make();
    const id = await saveTokenConfig(deps, { template, form: form(), userId: 5 });
    expect(id).to.equal(8);
    expect(await deps.tokenConfigs.byId(8)).to.deep.include({
      name: 'Sales',
      validId: 1,
      createBy: 5,
      changeBy: 5,
    });
    expect((await deps.tokenConfigs.byId(8))?.document).to.include({
      ClientID: 'id-2',
      ClientSecret: 'secret-2',
      TemplateName: 'Google Mail',
    });
    expect(deps.caches.forgotten).to.equal(1);
  });

  it('changes one in the name of the agent, and keeps secret and template', async () => {
    const deps = make();
    const config = configOf({ document: documentOf('google-mail', { TemplateName: 'Microsoft Common' }) });
    deps.tokenConfigs.rows.splice(0, 1, config);
    const input = {
      config,
      version: versionOf(config),
      userId: 5,
      form: edit({ Scope: 'other', ValidID: 2 }),
    };
    expect(await saveTokenConfig(deps, input)).to.equal(7);
    const saved = await deps.tokenConfigs.byId(7);
    expect(saved).to.include({ validId: 2, changeBy: 5, createBy: 1 });
    expect(saved?.document).to.include({
      Scope: 'other',
      ClientSecret: 'secret-of-client-1',
      TemplateName: 'Microsoft Common',
    });
  });

  it('marks faulty fields and a name that is taken, all at once, and saves nothing', async () => {
    const deps = make();
    const wrong = form({ Name: 'SUPPORT mailbox', ClientID: '' });
    const failure = await saveTokenConfig(deps, { template, form: wrong, userId: 5 }).catch((error) => error);
    expect(failure).to.be.instanceOf(SidecarError);
    expect(Object.keys(failure.fields).sort()).to.deep.equal(['ClientID', 'Name']);
    expect(deps.tokenConfigs.rows).to.have.length(1);
    expect(deps.caches.forgotten).to.equal(0);
  });

  it('refuses a form that was opened before somebody else saved', async () => {
    const deps = make();
    const stale = versionOf(configOf({ document: documentOf('google-mail', { Scope: 'older' }) }));
    const input = { config: configOf(), version: stale, form: edit(), userId: 5 };
    expect(await codeOf(saveTokenConfig(deps, input))).to.equal('edit-conflict');
  });

  it('refuses a new name while outbound e-mail refers to the old one, and only then', async () => {
    const config = configOf();
    const rename = { config, version: versionOf(config), form: edit({ Name: 'Other' }), userId: 5 };
    const used = { ...make(), usages: usagesOf({ ...noUsage, smtp: true }) };
    expect(await codeOf(saveTokenConfig(used, rename))).to.equal('name-in-use');
    expect(used.tokenConfigs.rows[0]?.name).to.equal('Support mailbox');
    await saveTokenConfig(used, { ...rename, form: edit({ Scope: 'x' }) });
    expect(used.tokenConfigs.rows[0]?.document.Scope).to.equal('x');
    const free = make();
    await saveTokenConfig(free, rename);
    expect(free.tokenConfigs.rows[0]?.name).to.equal('Other');
  });

  it('allows a change of case in a name that outbound e-mail refers to', async () => {
    const config = configOf();
    const used = { ...make(), usages: usagesOf({ ...noUsage, smtp: true }) };
    const form = edit({ Name: 'SUPPORT Mailbox' });
    await saveTokenConfig(used, { config, version: versionOf(config), form, userId: 5 });
    expect(used.tokenConfigs.rows[0]?.name).to.equal('SUPPORT Mailbox');
  });

  it('saves a configuration without a request for renewals as it is', async () => {
    const deps = make();
    const document = documentOf();
    delete document.Requests?.TokenByRefreshToken;
    const config = configOf({ document });
    deps.tokenConfigs.rows.splice(0, 1, config);
    const form = { ...formOf(document, { name: 'Support mailbox' }), Scope: 'other' };
    await saveTokenConfig(deps, { config, version: versionOf(config), form, userId: 5 });
    expect(deps.tokenConfigs.rows[0]?.document.Requests).to.have.keys(
      'AuthorizationCode',
      'TokenByAuthorizationCode',
    );
  });

  it('marks a version without the secret', () => {
    const one = versionOf(configOf());
    expect(versionOf(configOf({ document: documentOf('microsoft-common', { ClientSecret: 'x' }) }))).to.equal(
      one,
    );
    expect(versionOf(configOf({ name: 'Other' }))).not.to.equal(one);
    expect(versionOf(configOf({ document: documentOf('microsoft-common', { Scope: 'x' }) }))).not.to.equal(
      one,
    );
    expect(versionOf(configOf({ changeTime: new Date(0) }))).not.to.equal(one);
  });
});

describe('deleting a token configuration', () => {
  it('succeeds where nothing uses it', async () => {
    const deps = make();
    await deleteTokenConfig(deps, { id: 7, userId: 1 });
    expect(deps.tokenConfigs.rows).to.have.length(0);
    expect(deps.caches.forgotten).to.equal(1);
    expect(deps.removedKeys).to.deep.equal([]);
  });

  it('removes the private keys that no other configuration names, of certificates and of service accounts', async () => {
    const [own, shared] = ['o'.repeat(43), 's'.repeat(43)];
    const byCertificate = withCertificates(documentOf(), [
      { thumbprint: own, expires: '' },
      { thumbprint: shared, expires: '' },
    ]);
    const cases = [
      [byCertificate, [own], withCertificates(documentOf(), [{ thumbprint: shared, expires: '' }])],
      [serviceAccount({ Key: own }), [own], serviceAccount({ Key: shared })],
      [serviceAccount({ Key: shared }), [], serviceAccount({ Key: shared, Mailbox: 'b@example.com' })],
    ] as const;
    for (const [document, removed, other] of cases) {
      const deps = make();
      deps.tokenConfigs.rows.splice(0, 1, configOf({ document }), configOf({ id: 8, document: other }));
      await deleteTokenConfig(deps, { id: 7, userId: 1 });
      expect(deps.removedKeys).to.deep.equal(removed);
    }
  });

  for (const [words, usage] of [
    [
      'mail account info at mail.example.org',
      { mailAccounts: [{ id: 1, login: 'info', host: 'mail.example.org', type: 'IMAPS' }] },
    ],
    ['outbound e-mail', { smtp: true }],
    ['web service CRM', { webServices: [{ id: 3, name: 'CRM' }] }],
  ] as const)
    it(`is refused because of ${words}`, async () => {
      const deps = { ...make(), usages: usagesOf({ ...noUsage, ...structuredClone(usage) } as never) };
      const failure = await deleteTokenConfig(deps, { id: 7, userId: 1 }).catch((error) => error);
      expect(failure.code).to.equal('token-config-in-use');
      expect(failure.detail).to.equal(`Used by ${words}.`);
      expect(deps.tokenConfigs.rows).to.have.length(1);
    });

  it('fails for an unknown one', async () => {
    expect(await codeOf(deleteTokenConfig(make(), { id: 99, userId: 1 }))).to.equal('unknown-token-config');
  });
});

describe('the notification bar', () => {
  const noon = new Date('2026-11-24T12:00:00Z');
  const found = (total: number, changes: Partial<StoredToken>[], used = true) =>
    tokenProblems({
      clock: () => noon,
      settings: settingsReader(),
      usages: usagesOf({ ...noUsage, smtp: used }),
      tokens: {
        problems: async () => ({
          rows: changes.map((token, at) => ({
            config: configOf({ id: at, name: `n${at}` }),
            token: tokenOf({ configId: at, ...token }),
            renewal: NEW_STATE,
          })),
          total,
        }),
      },
    });
  const ended = { accessTokenExpiresAt: new Date('2026-11-24T11:00:00Z') };

  it('shows the most urgent first, without what has recovered by now, and the number of those beyond', async () => {
    expect(await found(0, [])).to.deep.equal({ problems: [], more: 0 });
    const { problems, more } = await found(23, [
      { refreshToken: null },
      {},
      { ...ended, refreshToken: null },
    ]);
    expect(problems.map(({ row }) => row.config.name)).to.deep.equal(['n2', 'n0']);
    expect(more).to.equal(3);
  });

  it('shows what nothing uses as a warning at most', async () => {
    const dead = [{ ...ended, refreshToken: null }];
    const severities = async (used: boolean) =>
      (await found(1, dead, used)).problems.map(({ state }) => state.severity);
    expect(await severities(true)).to.deep.equal(['error']);
    expect(await severities(false)).to.deep.equal(['warning']);
  });
});
