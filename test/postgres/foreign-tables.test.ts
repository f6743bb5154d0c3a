import { expect } from 'chai';
import { type Database, openDatabase } from '../../db/database.js';
import { createOwnTables } from '../../db/own-tables.js';
import { isSidecarError } from '../../plugin/errors.js';
import { type OwnPostgres, ownPostgres } from '../support/own-postgres.js';

/** Until version 14, every user may create tables beside those of another program, which the standard's views do not show. */
describe('a PostgreSQL database of another program whose tables the sidecar may not read', function () {
  this.timeout(120_000);
  let server: OwnPostgres;
  let db: Database;
  before(async () => {
    server = await ownPostgres('foreign', ['host shop sidecar 127.0.0.1/32 scram-sha-256']);
    await server.sql("CREATE ROLE sidecar LOGIN PASSWORD 'secret'; CREATE DATABASE shop;");
    await server.sql(
      'CREATE TABLE orders (id integer); GRANT CREATE, USAGE ON SCHEMA public TO sidecar;',
      'shop',
    );
    const own = { user: 'sidecar', password: 'secret', database: 'shop', socket: null };
    db = openDatabase({ ...server.of.database, host: '127.0.0.1', ...own });
  });
  after(async () => {
    await db?.close();
    await server?.remove();
  });

  it('is refused as a database of the sidecar alone, and stays as it was', async () => {
    const fault = await createOwnTables(db).then(
      () => null,
      (error: unknown) => error,
    );
    expect(isSidecarError(fault) && fault.code).to.equal('helpdesk-unsupported');
    expect(isSidecarError(fault) && fault.detail).to.contain('(orders …)');
    const tables = await server.sql(
      "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'public'",
      'shop',
    );
    expect(String(tables)).to.contain('orders').and.not.contain('oauth2');
  });
});
