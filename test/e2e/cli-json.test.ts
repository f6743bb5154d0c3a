import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { grantedConfig, removeConfigs } from '../support/granted-config.js';
import { faultsBySchema } from '../support/json-schemas.js';
import { console as helpdeskConsole, mailAccount, znunyOauth2 } from '../support/lab.js';

const NAME = 'In JSON';

describe('what commands print as JSON', () => {
  before(async () => {
    await removeConfigs([NAME]);
    const id = await grantedConfig(NAME);
    await mailAccount('IMAP', id, CREDENTIALS.mailboxes[0]);
  });
  after(async () => {
    await removeConfigs([NAME]);
    await helpdeskConsole('Maint::Cache::Delete', '--type', 'MailAccount');
  });

  for (const [schema, words, least] of [
    ['config-list', ['config', 'list'], 1],
    ['config-show', ['config', 'show', NAME], 1],
    ['token-list', ['token', 'list'], 1],
    ['token-show', ['token', 'show', NAME, '--show-token'], 1],
    ['certificate-list', ['certificate', 'list'], 0],
    ['service-account-list', ['service-account', 'list'], 0],
    ['mailbox-list', ['mailbox', 'list'], 1],
    ['events', ['events', NAME], 2],
    ['doctor', ['doctor', '--read-only'], 1],
    ['alert-test', ['alert', 'test', 'mail'], 1],
  ] as const)
    it(`of "${words.join(' ')}" has the documented schema`, async () => {
      const { out, err } = await znunyOauth2([...words, '--json']);
      expect(out, err).to.not.equal('');
      const value = JSON.parse(out);
      expect(Array.isArray(value) ? value.length : 1).to.be.at.least(least);
      expect(faultsBySchema(schema, value)).to.equal('');
    });
});
