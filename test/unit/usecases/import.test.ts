import { expect } from 'chai';
import { withCertificates } from '../../../plugin/domain/configuration/certificates.js';
import { documentDifference } from '../../../plugin/domain/configuration/document-difference.js';
import {
  isSecret,
  keepSecrets,
  withoutSecrets,
} from '../../../plugin/domain/configuration/document-secrets.js';
import { inEnglish } from '../../../plugin/lib/phrase.js';
import {
  type ExportDeps,
  type ExportInput,
  exportTokenConfigs,
} from '../../../plugin/usecases/export-token-configs.js';
import { importTokenConfigs } from '../../../plugin/usecases/import-token-configs.js';
import { ImportProblems, planImport } from '../../../plugin/usecases/plan-import.js';
import { confirmImport, PREVIEW_LIFETIME, previewImport } from '../../../plugin/usecases/preview-import.js';
import { clientCredentials } from '../../support/client-credentials.js';
import { MemoryImportPreviews } from '../../support/memory-import-previews.js';
import { configOf, documentOf } from '../../support/samples.js';
import { ScriptedEndpoint } from '../../support/scripted-endpoint.js';
import { serviceAccount } from '../../support/service-account.js';
import { wholeText } from '../../support/whole-text.js';
import { codeOf, testDeps } from './setup.js';

const make = () => ({ ...testDeps(new ScriptedEndpoint()), importPreviews: new MemoryImportPreviews() });
const file = (text: string) => Buffer.from(text);
const agent = { userId: 5, sessionId: 'session-of-5' };
const formatDate = () => '2026-11-24 12:00:00';

const exported = async (deps: ExportDeps, input: ExportInput) =>
  wholeText(await exportTokenConfigs(deps, input));

const plan = (text: string, overwrite = true, deps = make()) =>
  planImport(deps.tokenConfigs, { content: file(text), overwrite });

describe('the plan of an import', () => {
  it('names a mixture of Microsoft’s clouds, and imports it all the same', async () => {
    const text = `- Name: Mixed
  Config:
    ClientSecret: s
    Scope: https://outlook.office365.us/IMAP.AccessAsUser.All
    Requests:
      AuthorizationCode: &same { Request: { URL: https://login.microsoftonline.com/common/oauth2/v2.0/authorize } }
      TokenByAuthorizationCode: *same
      TokenByRefreshToken: *same
`;
    const { items } = await plan(text);
    expect(items.map(({ action, notes }) => [action, notes.map((note) => inEnglish(note))])).to.deep.equal([
      [
        'add',
        [
          'login.microsoftonline.com belongs to Microsoft 365 (worldwide), but https://outlook.office365.us/IMAP.AccessAsUser.All to Microsoft 365 US Government. Sign-in, scopes, and mail servers must be in one cloud: start from the template for that cloud.',
        ],
      ],
    ]);
  });

  it('says what would become of each entry, with the line on which it begins', async () => {
    const text = `# a comment
- Name: New one
  Config: { ClientID: a, ClientSecret: b }
- Name: Support mailbox
  ValidID: 2
  Config: { ClientID: other, Extra: { Deep: 1 } }
- Name: No config
- Name: NEW ONE
  Config: {}
- Name: ${'x'.repeat(251)}
  Config: {}
`;
    const { items } = await plan(text);
    expect(items.map(({ line, action }) => [line, action])).to.deep.equal([
      [2, 'add'],
      [4, 'change'],
      [7, 'refuse'],
      [8, 'refuse'],
      [10, 'refuse'],
    ]);
    expect(items[2]?.notes).to.deep.equal([
      { text: 'In entry %s, Config is missing or not a map.', values: [3] },
    ]);
    const differences = items[1]?.differences ?? [];
    expect(differences[0]).to.deep.equal({
      key: 'ValidID',
      kind: 'changed',
      secret: false,
      before: '1',
      after: '2',
    });
    expect(differences.find(({ key }) => key === 'ClientID')).to.include({
      before: 'client-1',
      after: 'other',
    });
    expect(differences.find(({ key }) => key === 'Extra.Deep')).to.include({ kind: 'added', after: '1' });
    // The stored secret stays, so it is no difference.
    expect(differences.some(({ key }) => key === 'ClientSecret')).to.equal(false);
  });

  it('skips entries that are equal, and without "overwrite" also those that differ', async () => {
    const deps = make();
    const yaml = await exported(deps, { withSecrets: true, formatDate });
    expect((await plan(yaml, false, deps)).items.map(({ action }) => action)).to.deep.equal(['same']);
    const bare = await exported(deps, { withSecrets: false, formatDate });
    expect((await plan(bare, true, deps)).items.map(({ action }) => action)).to.deep.equal(['same']);
    const changed = yaml.replace('client-1', 'client-2');
    expect((await plan(changed, false, deps)).items.map(({ action }) => action)).to.deep.equal(['keep']);
  });

  it('treats numbers and texts as equal, as the helpdesk does', async () => {
    const deps = make();
    const yaml = (await exported(deps, { withSecrets: true, formatDate })).replace(
      /(NotifyOn\w+): (\d)/g,
      "$1: '$2'",
    );
    expect((await plan(yaml, true, deps)).items[0]?.action).to.equal('same');
  });

  it('says that a secret changes, never its value', async () => {
    const { items } = await plan(
      '{ Name: Support mailbox, Config: { ClientSecret: brand-new-secret, Requests: { TokenByRefreshToken: { Request: { Parameters: { client_assertion: brand-new-assertion } } } } } }',
    );
    const shown = JSON.stringify(items[0]?.differences);
    expect(shown).to.not.contain('brand-new').and.not.contain('secret-of-client-1');
    const secrets = items[0]?.differences.filter(({ secret }) => secret).map(({ key, kind }) => [key, kind]);
    expect(secrets).to.deep.equal([
      ['ClientSecret', 'changed'],
      ['Requests.TokenByRefreshToken.Request.Parameters.client_assertion', 'added'],
    ]);
  });

  it('says that a new configuration without a secret lacks one', async () => {
    const { items } = await plan('{ Name: New, Config: { ClientID: x } }');
    expect(items[0]?.notes).to.deep.equal([
      'The file contains no client secret for it: enter it afterwards.',
      'No token can be requested: the request URLs are missing.',
    ]);
  });

  it('asks for no client secret where keys take its place, and says that they are in no file', async () => {
    const yaml = (document: object) => JSON.stringify([{ Name: 'New', Config: document }]);
    const notes = async (document: object) => (await plan(yaml(document))).items[0]?.notes.map(inEnglish);
    const [key, elsewhere] = [
      'k'.repeat(43),
      'Its private keys are not in the file: they must be stored on this machine.',
    ];
    expect(await notes(serviceAccount({ Key: key }))).to.deep.equal([elsewhere]);
    expect(await notes(serviceAccount())).to.deep.equal([
      'The file names no key of the service account for it: import the key afterwards.',
    ]);
    const certificate = withCertificates(clientCredentials(), [{ thumbprint: key, expires: '' }]);
    expect(await notes({ ...certificate, ClientSecret: '' })).to.deep.equal([elsewhere]);
    expect(await notes(clientCredentials())).to.deep.equal([]);
  });

  it('rejects a whole file of which nothing can be used', async () => {
    for (const text of ['', 'a: [', '[]', '\u0000'])
      expect(await plan(text).catch((error) => error), JSON.stringify(text)).to.be.instanceOf(ImportProblems);
  });

  it('compares names as the database does: ignoring case and accents', async () => {
    const deps = make();
    expect((await plan('{ Name: SUPPORT Mailbox, Config: {} }', true, deps)).items[0]?.action).to.equal(
      'change',
    );
  });
});

describe('an import', () => {
  it('does what the plan says in one transaction, in the name of the agent, and keeps name and secret', async () => {
    const deps = make();
    const content = file(
      '- { Name: Sales, Config: { ClientID: s, ClientSecret: t } }\n- { Name: SUPPORT mailbox, Config: { ClientID: n } }\n- { Config: {} }',
    );
    const items = await importTokenConfigs(deps, { content, overwrite: true, userId: 5 });
    expect(items.map(({ action, id }) => [action, id])).to.deep.equal([
      ['add', 8],
      ['change', 7],
      ['refuse', undefined],
    ]);
    expect(await deps.tokenConfigs.byId(7)).to.include({ name: 'Support mailbox', changeBy: 5 });
    expect((await deps.tokenConfigs.byId(7))?.document).to.deep.equal({
      ClientID: 'n',
      ClientSecret: 'secret-of-client-1',
    });
    expect(deps.caches.forgotten).to.equal(1);
  });

  it('writes nothing where the plan has changed since', async () => {
    const deps = make();
    const content = file('{ Name: Support mailbox, Config: { ClientID: n } }');
    const { version } = await planImport(deps.tokenConfigs, { content, overwrite: true });
    deps.tokenConfigs.rows[0] = configOf({ document: documentOf('google-mail') });
    const input = { content, overwrite: true, version, userId: 5 };
    expect(await codeOf(importTokenConfigs(deps, input))).to.equal('import-outdated');
    expect(deps.tokenConfigs.rows[0]?.document.ClientID).to.equal('client-1');
  });

  it('rolls everything back where somebody else was faster', async () => {
    const deps = make();
    const insert = deps.tokenConfigs.insert.bind(deps.tokenConfigs);
    deps.tokenConfigs.insert = async (config, userId) => {
      if (config.name === 'Second') await insert({ ...config, name: 'second' }, 9);
      return insert(config, userId);
    };
    const content = file('- { Name: First, Config: {} }\n- { Name: Second, Config: {} }');
    expect(await codeOf(importTokenConfigs(deps, { content, overwrite: false, userId: 5 }))).to.equal(
      'import-outdated',
    );
    expect(deps.tokenConfigs.rows.map(({ name }) => name)).to.deep.equal(['Support mailbox']);
  });
});

describe('the preview of an import', () => {
  const content = file('{ Name: Support mailbox, Config: { ClientID: n, ClientSecret: very-secret } }');
  const ask = (deps: ReturnType<typeof make>) => previewImport(deps, { content, overwrite: true, agent });

  it('keeps the file encrypted with a key that only the page has, and is confirmed once', async () => {
    const deps = make();
    const { ticket } = await ask(deps);
    const [kept] = [...deps.importPreviews.rows.values()];
    expect(JSON.stringify([...deps.importPreviews.rows.keys()])).to.not.contain(ticket);
    expect(kept?.content.includes('very-secret')).to.equal(false);
    expect(deps.tokenConfigs.rows[0]?.document.ClientID).to.equal('client-1');
    const result = await confirmImport(deps, { ticket: ticket ?? '', agent });
    expect(result).to.include({ done: true });
    expect(deps.tokenConfigs.rows[0]?.document.ClientSecret).to.equal('very-secret');
    expect(await codeOf(confirmImport(deps, { ticket: ticket ?? '', agent }))).to.equal('import-unknown');
  });

  it('belongs to its session, and expires after half an hour', async () => {
    const deps = make();
    const first = await ask(deps);
    const other = { userId: 6, sessionId: 'session-of-6' };
    expect(await codeOf(confirmImport(deps, { ticket: first.ticket ?? '', agent: other }))).to.equal(
      'import-unknown',
    );
    deps.clock.advance(PREVIEW_LIFETIME / 1000);
    expect(await codeOf(confirmImport(deps, { ticket: first.ticket ?? '', agent }))).to.equal(
      'import-unknown',
    );
    expect(await codeOf(confirmImport(deps, { ticket: '', agent }))).to.equal('import-unknown');
    expect(deps.tokenConfigs.rows[0]?.document.ClientID).to.equal('client-1');
  });

  it('is shown again where somebody has changed a configuration meanwhile', async () => {
    const deps = make();
    const { ticket } = await ask(deps);
    deps.tokenConfigs.rows[0] = configOf({
      document: documentOf('microsoft-common', { ClientID: 'theirs' }),
    });
    const result = await confirmImport(deps, { ticket: ticket ?? '', agent });
    expect(result.done).to.equal(false);
    expect(result.items[0]?.differences.find(({ key }) => key === 'ClientID')).to.include({
      before: 'theirs',
    });
    expect(deps.tokenConfigs.rows[0]?.document.ClientID).to.equal('theirs');
    const again = await confirmImport(deps, { ticket: (!result.done && result.ticket) || '', agent });
    expect(again.done).to.equal(true);
  });

  it('needs no ticket where there is nothing to import', async () => {
    const deps = make();
    const input = { content: file('{ Name: Support mailbox, Config: {} }'), overwrite: false, agent };
    expect((await previewImport(deps, input)).ticket).to.equal(null);
    expect(deps.importPreviews.rows.size).to.equal(0);
  });
});

describe('an export', () => {
  it('holds one configuration without anything secret', async () => {
    const deps = make();
    await deps.tokenConfigs.insert({ name: 'Other', document: { ClientSecret: 'second' }, validId: 1 }, 1);
    const yaml = await exported(deps, { id: 7, withSecrets: false, formatDate });
    expect(yaml).to.contain('Support mailbox').and.contain('client_secret: ClientSecret');
    expect(yaml).to.not.contain('secret-of-client-1').and.not.contain('Other');
    const full = await exported(deps, { withSecrets: true, formatDate });
    expect(full).to.contain('secret-of-client-1').and.contain('second');
    expect(await codeOf(exported(deps, { id: 99, withSecrets: false, formatDate }))).to.equal(
      'unknown-token-config',
    );
  });
});

describe('the secrets of a document', () => {
  it('are recognised by their names, unless these only name a variable or a date', () => {
    expect(isSecret('ClientSecret', 'x')).to.equal(true);
    expect(isSecret('client_assertion', 'x')).to.equal(true);
    expect(isSecret('client_secret', 'ClientSecret')).to.equal(false);
    expect(isSecret('ClientSecretExpires', '2027-01-01')).to.equal(false);
    expect(isSecret('Scope', 'x')).to.equal(false);
  });

  it('are restored from what is stored when they were left out; where their part is gone, they are gone too', () => {
    const stored = {
      ClientSecret: 's',
      Requests: { A: { Parameters: { api_key: 'k', x: 1 } } },
      B: { password: 'p' },
    };
    expect(keepSecrets(withoutSecrets(stored), stored)).to.deep.equal(stored);
    expect(keepSecrets({ ClientSecret: '' }, stored)).to.deep.equal({ ClientSecret: 's' });
    expect(keepSecrets({ ClientSecret: 'new' }, stored)).to.deep.equal({ ClientSecret: 'new' });
  });

  it('are compared key by key, in lists too', () => {
    expect(documentDifference({ L: ['a', 'b'] }, { L: ['a', 'c'], E: '' })).to.deep.equal([
      { key: 'L[2]', kind: 'changed', secret: false, before: 'b', after: 'c' },
    ]);
  });
});
