import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { until } from '../lab/ports.js';
import { znunyOauth2 } from '../support/command-line.js';
import { databaseRows, extraSidecar } from '../support/lab.js';

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

  it('ends its commands with the same message and 1', async () => {
    await databaseRows(
      `INSERT INTO oauth2_sidecar_migration (name, batch, migration_time) VALUES ('${LATER}', 99, NOW())`,
    );
    const { code, out, err } = await znunyOauth2(['migrate']);
    expect([code, out]).to.deep.equal([1, '']);
    expect(err).to.contain(`(${LATER}). Start that version again.`);
  });
});
