import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createColumnReader } from '../../db/columns.js';
import { type Database, openDatabase } from '../../db/database.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { config, failure, ZONE } from '../db/fixture.js';
import { dropDatabase, sql } from '../lab/database-server.js';
import { schemaFile } from '../lab/golden.js';
import { prepareSidecarUser, SIDECAR_USER } from '../lab/sidecar-user.js';
import { server } from '../support/database.js';

/** SQL_ASCII takes any bytes, and its columns count them. */
const LONG = 'Почта '.repeat(40);

describe('a helpdesk on PostgreSQL whose database has another encoding than UTF-8', function () {
  this.timeout(120_000);
  for (const [encoding, kept, refused, code] of [
    ['LATIN1', 'Grün é', ['Postafiók ű', 'mail 😀'], 'invalid-token-config'],
    ['LATIN2', 'Postafiók ű', ['Почта', 'mail 😀'], 'invalid-token-config'],
    ['KOI8R', 'Почта', ['Grün', 'mail 😀'], 'invalid-token-config'],
    ['SQL_ASCII', 'Почта Grün 😀', [LONG], 'value-too-long'],
  ] as const)
    it(`keeps what ${encoding} holds, to the letter, and refuses all else without storing a part of it`, async () => {
      const database = `encoding_${process.pid}_${encoding.toLowerCase()}`;
      const clock = () => new Date('2026-07-01T12:00:00Z');
      let db: Database | undefined;
      try {
        await sql(
          server,
          `CREATE DATABASE "${database}" OWNER "${server.database.user}" ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`,
        );
        await sql(server, readFileSync(schemaFile(server), 'utf8').replace(/[^\0-\x7f]/g, '?'), database);
        await prepareSidecarUser(server, database);
        db = openDatabase({ ...server.database, ...SIDECAR_USER, database, socket: null });
        const stores = { clock, zone: () => ZONE, columns: createColumnReader(db) };
        const configs = createTokenConfigStore({ ...stores, db });
        const id = await configs.insert(config(kept, { Scope: kept }), 1);
        const back = await configs.byId(id);
        expect([back?.name, back?.document.Scope]).to.deep.equal([kept, kept]);
        const rows = () => (db as Database).knex('oauth2_token_config').select('*');
        const before = await rows();
        for (const text of refused) {
          expect((await failure(configs.insert(config(text), 1))).code, text).to.equal(code);
          if (code === 'value-too-long') continue;
          expect((await failure(configs.insert(config('Scope', { Scope: text }), 1))).code, text).to.equal(
            code,
          );
        }
        expect(await rows()).to.deep.equal(before);
        const tokens = createTokenStore({ ...stores, db });
        await tokens.get(id);
        await tokens.saveError(
          id,
          { errorMessage: 'invalid_grant', errorDescription: 'Ű, Почта 😀', errorCode: null },
          1,
        );
        const { errorMessage, errorDescription } = await tokens.get(id);
        expect(errorMessage).to.equal('invalid_grant');
        expect(errorDescription).to.match(/^., .{5} .$/u);
      } finally {
        await db?.close();
        await dropDatabase(server, database);
      }
    });
});
