import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { COMMANDS } from '../../plugin/cli/commands.js';
import { sql } from '../lab/database-server.js';
import { ROOT } from '../lab/instance.js';
import { freePort } from '../lab/ports.js';
import { fileFacts } from '../support/bare-helpdesk.js';
import { type BareMachine, bareMachine } from '../support/bare-machine.js';
import { lab } from '../support/instance.js';
import { znunyOauth2 } from '../support/lab.js';
import {
  OF_COMMUNITY_EDITION,
  OF_OTOBO,
  type ProductFacts,
  type ProductTables,
  productHome,
  productTables,
  WITHOUT_TOKENS,
} from '../support/products.js';

const TABLES = {
  GENUINE: '',
  OF_OTOBO,
  OF_COMMUNITY_EDITION: OF_COMMUNITY_EDITION.join(';\n'),
  WITHOUT_TOKENS,
};
const ZNUNY = { product: 'Znuny', version: '6.5.15' };
const COMMUNITY_EDITION = '((OTRS)) Community Edition';

/** Each with what its refusal has to name: the product, and what can be done. */
const UNSUPPORTED: Record<string, ProductFacts & { tables?: keyof typeof TABLES; names: RegExp[] }> = {
  'OTOBO 11': {
    release: { product: 'OTOBO', version: '11.0.5' },
    scripts: 'otobo',
    tables: 'OF_OTOBO',
    names: [/is OTOBO 11\.0\.5\./, /add-on MailAccount-OAuth2/],
  },
  'tables of OTOBO under the folder of Znuny': {
    release: ZNUNY,
    tables: 'OF_OTOBO',
    names: [
      /RELEASE says Znuny, but the database has tables of OTOBO \(groups_table\)/,
      /MailAccount-OAuth2/,
    ],
  },
  'scripts of OTOBO under the RELEASE of Znuny': {
    release: ZNUNY,
    scripts: 'otobo',
    names: [/says Znuny 6\.5\.15, but the scripts there belong to OTOBO/, /MailAccount-OAuth2/],
  },
  'Community Edition before it had token tables': {
    release: { product: COMMUNITY_EDITION, version: '6.0.36' },
    tables: 'WITHOUT_TOKENS',
    names: [/is \(\(OTRS\)\) Community Edition 6\.0\.36/, /since 6\.0\.37.* or to Znuny 6\.5/],
  },
  'Community Edition from its repository, before it had token tables': {
    release: { product: COMMUNITY_EDITION, version: '6.0.x git' },
    files: { 'Kernel/System/OAuth2TokenConfig.pm': null },
    tables: 'WITHOUT_TOKENS',
    names: [/is \(\(OTRS\)\) Community Edition 6\.0\.x git/, /since 6\.0\.37.* or to Znuny 6\.5/],
  },
  'Community Edition whose update did not reach the tables': {
    release: { product: COMMUNITY_EDITION, version: '6.0.41' },
    tables: 'WITHOUT_TOKENS',
    names: [
      /columns of its database are missing: oauth2_token\.config_id, mail_account\.auth_method/,
      /Run its migration script to the end/,
    ],
  },
  'Community Edition on the tables of Znuny': {
    release: { product: COMMUNITY_EDITION, version: '6.0.41' },
    names: [
      /says \(\(OTRS\)\) Community Edition, but columns of its database are missing: oauth2_token\.config_id/,
    ],
  },
  'Znuny whose update left the columns of the Community Edition': {
    release: ZNUNY,
    tables: 'OF_COMMUNITY_EDITION',
    names: [
      /tables of \(\(OTRS\)\) Community Edition \(oauth2_token\.config_id, mail_account\.auth_method\)/,
      /docs\/troubleshooting\.md says how to rename them/,
    ],
  },
  'a product that nobody knows': {
    release: { product: 'Other Desk', version: '6.0.1' },
    tables: 'WITHOUT_TOKENS',
    names: [/is Other Desk 6\.0\.1/, /supports Znuny 6\.0 to 7, OTRS 6 and .*--home/],
  },
  'OTRS 7': {
    release: { product: 'OTRS', version: '7.0.48' },
    tables: 'WITHOUT_TOKENS',
    names: [/is OTRS 7\.0\.48/, /supports Znuny 6\.0 to 7, OTRS 6 and/],
  },
  'a Znuny newer than the sidecar': {
    release: { product: 'Znuny', version: '8.0.1' },
    names: [/is Znuny 8\.0\.1/, /newer version of the sidecar/],
  },
  'a folder without RELEASE': {
    release: null,
    tables: 'WITHOUT_TOKENS',
    names: [/no file RELEASE in \S+, so nothing says which helpdesk this is/, /supports Znuny 6\.0 to 7/],
  },
  Oracle: {
    release: ZNUNY,
    dsn: 'DBI:Oracle:sid=desk;host=127.0.0.1',
    names: [
      /DBI:Oracle, but the sidecar supports MySQL, MariaDB and PostgreSQL only/,
      /Move its database to one of them/,
    ],
  },
};

const SOME_FILE = '/etc/hostname';
/** Every command with the words that it requires. null: it does not look at the helpdesk. */
const CALLS: Record<string, string[] | null> = {
  'apache-rules': [],
  'nginx-rules': [],
  'certificate create': ['any'],
  'certificate import': ['any', SOME_FILE],
  'certificate list': [],
  'certificate remove': ['any', 'A'.repeat(43)],
  'service-account import': ['any', SOME_FILE],
  'service-account list': [],
  'config add': ['any', '--template', 'AOL', '--client-id', 'any', '--client-secret-file', SOME_FILE],
  'config list': [],
  'config set-secret': ['any', '--client-secret-file', SOME_FILE],
  'config show': ['any'],
  'config export': [],
  'config import': [path.join(ROOT, 'templates/providers/aol.yml')],
  'config copy': ['any', 'other'],
  'config delete': ['any', '--yes'],
  'token list': [],
  'token show': ['any'],
  'token renew': ['any'],
  'token revoke': ['any', '--yes'],
  'token authorize-url': ['any', '--user', 'any'],
  'token complete': ['--file', SOME_FILE],
  'mailbox list': [],
  'mailbox test': ['any'],
  'mailbox mute': ['7', '--off'],
  'relay add': ['any', '--login', 'any', '--client', 'any'],
  'relay list': [],
  'relay revoke': ['7'],
  'alert test': ['mail'],
  events: [],
  doctor: [],
  install: [],
  uninstall: [],
  migrate: [],
  serve: [],
  completion: null,
  health: null,
  help: null,
  package: null,
};

/** Queries that read, and those that concern nothing but the session. */
const HARMLESS = /^\s*(SELECT|SHOW|SET SESSION|SET NAMES)\b/i;

describe('a helpdesk that the sidecar does not support', function () {
  this.timeout(300_000);
  let machine: BareMachine;
  let port: string;
  const databases: Partial<Record<keyof typeof TABLES, ProductTables>> = {};
  const tablesOf = async (kind: keyof typeof TABLES = 'GENUINE') =>
    (databases[kind] ??= await productTables(TABLES[kind]));
  before(async () => {
    port = String(await freePort());
    machine = await bareMachine('unsupported');
  });
  after(async () => {
    machine.remove();
    for (const tables of Object.values(databases)) await tables.drop();
  });

  const called = async (name: string, words: string[], env: Record<string, string>) => {
    // In a separate process, because this one must not keep listening.
    if (name === 'serve') {
      const own = {
        ...{ SIDECAR_SOCKET: '', SIDECAR_PORT: '0', SIDECAR_SECRET: randomBytes(32).toString('base64url') },
        ...{ SIDECAR_DATABASE_USER: '', SIDECAR_DATABASE_PASSWORD: '' },
      };
      const { code, out, err } = await znunyOauth2([name, ...words], '', { ...env, ...own });
      return { code, text: out + err };
    }
    // Not at the top: the test runner would load a second copy of what commands load when they are called.
    const { run } = await import('../../plugin/cli/run.js');
    let text = '';
    const write = (part: string) => (text += part);
    const code = await run([...name.split(' '), ...words], {
      env: { ...env, ...machine.env },
      stdout: { write },
      stderr: { write },
    });
    return { code, text };
  };
  const wordsOf = (name: string): string[] => {
    if (!name.endsWith('install')) return CALLS[name] ?? [];
    const here = ['--root', machine.root, '--without-database-user'];
    return name === 'install' ? [...here, '--port', port] : here;
  };

  it('is tested with every command', () => {
    expect(Object.keys(CALLS).sort()).to.deep.equal(Object.keys(COMMANDS).sort());
  });

  for (const [title, { names, tables: kind, ...facts }] of Object.entries(UNSUPPORTED))
    it(`ends every command with 5 and its name, and is only read: ${title}`, async () => {
      const tables = await tablesOf(kind);
      const helpdesk = productHome(facts, tables);
      try {
        const before = [await tables.names(), fileFacts(helpdesk.home), fileFacts(machine.root)];
        const statements = await tables.statements(async () => {
          for (const name of Object.keys(CALLS)) {
            if (CALLS[name] === null) continue;
            const { code, text } = await called(name, wordsOf(name), helpdesk.env);
            expect(code, `${name}: ${text}`).to.equal(5);
            for (const named of names) expect(text, name).to.match(named);
            expect(text, name).to.not.contain('znuny-oauth2 migrate');
          }
        });
        expect(statements.filter((statement) => !HARMLESS.test(statement))).to.deep.equal([]);
        expect(existsSync(helpdesk.state), 'the state folder').to.equal(false);
        expect([await tables.names(), fileFacts(helpdesk.home), fileFacts(machine.root)]).to.deep.equal(
          before,
        );
      } finally {
        helpdesk.remove();
      }
    });

  it('gets token tables when it is an OTRS 6 without them and they are requested, and not before', async () => {
    const tables = await tablesOf('WITHOUT_TOKENS');
    const helpdesk = productHome(
      { release: { product: 'OTRS', version: '6.0.30' }, files: { 'Kernel/System/OAuth2Token.pm': null } },
      tables,
    );
    try {
      const before = await tables.names();
      for (const name of ['config list', 'token list', 'doctor']) {
        const { code, text } = await called(name, [], helpdesk.env);
        expect(code, text).to.be.oneOf([1, 4]);
      }
      expect(await tables.names()).to.deep.equal(before);
      const statements = await tables.statements(async () => {
        const { code, text } = await called('migrate', [], helpdesk.env);
        expect(code, text).to.equal(0);
        expect(text).to.contain('added: oauth2_token_config\nadded: oauth2_token\n');
      });
      expect(statements.filter((statement) => !HARMLESS.test(statement)).join('\n')).to.match(
        /create table oauth2_token_config/i,
      );
    } finally {
      helpdesk.remove();
    }
  });

  it('is not a Community Edition with token tables of its own, whose tables stay as they are', async () => {
    const tables = await productTables(TABLES.OF_COMMUNITY_EDITION);
    const helpdesk = productHome({ release: { product: COMMUNITY_EDITION, version: '6.0.x git' } }, tables);
    try {
      const before = await tables.names();
      for (const name of ['migrate', 'config list', 'token list']) {
        const { code, text } = await called(name, [], helpdesk.env);
        expect(code, text).to.equal(0);
      }
      const own = (await tables.names()).filter((name) => !name.startsWith('oauth2_sidecar_'));
      expect(own).to.deep.equal(before);
    } finally {
      helpdesk.remove();
      await tables.drop();
    }
  });

  it('is not a Znuny that kept columns of the Community Edition beside its own', async () => {
    const tables = await tablesOf();
    const kept = `ALTER TABLE oauth2_token ADD config_id INTEGER NULL;
      ALTER TABLE mail_account ADD auth_method VARCHAR(100) NULL;`;
    await sql(lab, kept, tables.database);
    const helpdesk = productHome({ release: ZNUNY }, tables);
    try {
      for (const name of ['migrate', 'token list']) {
        const { code, text } = await called(name, [], helpdesk.env);
        expect(code, text).to.equal(0);
      }
    } finally {
      helpdesk.remove();
    }
  });
});
