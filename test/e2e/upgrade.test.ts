import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CREDENTIALS, ROOT } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { znunyOauth2 } from '../support/command-line.js';
import { addConfig, removeConfigs } from '../support/granted-config.js';
import { databaseRows, extraSidecar, session } from '../support/lab.js';

const LATER = '0099-of-a-later-version';

describe('a program older than the tables', () => {
  before(() =>
    databaseRows(
      `INSERT INTO oauth2_sidecar_migration (name, batch, migration_time) VALUES ('${LATER}', 99, NOW())`,
    ),
  );
  const forget = () => databaseRows(`DELETE FROM oauth2_sidecar_migration WHERE name = '${LATER}'`);
  after(forget);

  it('does not start to work, says which version to start, and changes nothing', async () => {
    const before = await databaseRows('SELECT * FROM oauth2_sidecar_migration');
    const old = await extraSidecar({ early: true });
    try {
      const ask = () => fetch(`http://127.0.0.1:${old.port}/otrs/index.pl?Action=AdminOAuth2TokenManagement`);
      await until('its first look at the database', async () => (await ask()).status === 500);
      expect((await fetch(`http://127.0.0.1:${old.port}/readyz`)).status).to.not.equal(200);
      expect(readFileSync(old.log, 'utf8')).to.contain(
        `A newer version of the sidecar has changed its tables (${LATER}). Start that version again.`,
      );
      expect(await databaseRows('SELECT * FROM oauth2_sidecar_migration')).to.deep.equal(before);
      await forget();
      await until('works by itself', async () => (await fetch(`http://127.0.0.1:${old.port}/readyz`)).ok);
    } finally {
      await old.stop();
    }
  });

  it('ends commands that would change something with the same message and 1, and changes nothing', async () => {
    const name = 'Of the later version';
    await addConfig(await session(CREDENTIALS.admin), name);
    const file = path.join(ROOT, 'templates/providers/google-mail.yml');
    const calls = [
      ['migrate'],
      ['config', 'add', 'Added', '--template', 'Google Mail', '--client-id', 'any'],
      ['config', 'delete', name, '--yes'],
      ['config', 'import', file],
      ['token', 'renew', name],
      ['mailbox', 'mute', '1', '--off'],
    ];
    const rows = () =>
      Promise.all(
        ['oauth2_token_config', 'oauth2_token', 'oauth2_sidecar_authorization'].map((table) =>
          databaseRows(`SELECT * FROM ${table} ORDER BY 1`),
        ),
      );
    await databaseRows(
      `INSERT INTO oauth2_sidecar_migration (name, batch, migration_time) VALUES ('${LATER}', 99, NOW())`,
    );
    try {
      const before = await rows();
      for (const words of calls) {
        const { code, out, err } = await znunyOauth2(words, 'a-secret\n');
        expect([words, code, out]).to.deep.equal([words, 1, '']);
        expect(err, words.join(' ')).to.contain(`(${LATER}). Start that version again.`);
      }
      expect(await rows()).to.deep.equal(before);
    } finally {
      await forget();
      await removeConfigs([name]);
    }
  }).timeout(120_000);
});
