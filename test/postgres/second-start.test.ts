import { expect } from 'chai';
import pg from 'pg';
import { socketFolder, startPostgres } from '../lab/postgres.js';
import { type OwnPostgres, ownPostgres } from '../support/own-postgres.js';

describe("a second start of the lab's PostgreSQL", () => {
  let server: OwnPostgres;

  before(async () => {
    server = await ownPostgres('second-start', []);
  });
  after(() => server.remove());

  it('restarts it while clients are connected', async () => {
    const client = new pg.Client({ host: socketFolder(server.of), port: server.port, user: 'postgres' });
    const ended = new Promise<void>((resolve) => client.on('error', () => resolve()));
    await client.connect();
    await startPostgres(server.of);
    await ended;
    expect((await server.sql('SELECT 1')).trim()).to.equal('1');
  });
});
