import { expect } from 'chai';
import knexFactory from 'knex';
import { errors } from '../../db/dialect/mysql/errors.js';
import { errors as ofPostgres } from '../../db/dialect/postgres/errors.js';
import { statements } from '../../db/dialect/postgres/statements.js';
import type { SidecarError } from '../../plugin/errors.js';

describe('errors of MariaDB and MySQL', () => {
  const codeOf = (code: string, errno: number) =>
    (errors.translate(Object.assign(new Error('hush'), { code, errno }), 'tokens.save') as SidecarError).code;

  it('say that a server is read-only only where it is', () => {
    const detailOf = (code: string, message: string) =>
      (errors.translate(Object.assign(new Error(message), { code, errno: 1 }), 'tokens.save') as SidecarError)
        .detail;
    const refused = (option: string) =>
      detailOf(
        'ER_OPTION_PREVENTS_STATEMENT',
        `The server is running with the ${option} option so it cannot execute this statement`,
      );
    expect(refused('--read-only')).to.match(/^It answers, but accepts no changes \(read-only\)/);
    expect(refused('--super-read-only')).to.equal(refused('--read-only'));
    expect(detailOf('ER_OPEN_AS_READONLY', "Table 'oauth2_token' is read only")).to.equal(
      refused('--read-only'),
    );
    expect(refused('--skip-grant-tables')).to.equal('Nothing was changed. Try again in a moment.');
  });

  it('count a Galera node outside its cluster as an unavailable database, and a full table as our own fault', () => {
    expect(codeOf('ER_UNKNOWN_COM_ERROR', 1047)).to.equal('database-unavailable');
    expect(codeOf('ER_RECORD_FILE_FULL', 1114)).to.equal('internal');
  });
});

describe('errors of PostgreSQL', () => {
  it('mean the same in every language of the server', async () => {
    const stillUsed = {
      code: '23503',
      detail: 'Auf Schlüssel (id)=(1) wird noch aus Tabelle »b« verwiesen.',
    };
    expect(ofPostgres.isReferenced(stillUsed)).to.equal(true);
    const missing = { code: '23503', detail: 'Schlüssel (a)=(9) ist nicht in Tabelle »a« vorhanden.' };
    const knex = knexFactory({ client: 'pg', version: '13.0' });
    const inserts: unknown[] = [];
    knex.client.acquireConnection = async () => ({});
    knex.client.releaseConnection = async () => undefined;
    knex.client._query = async (_connection: unknown, query: { bindings: unknown[] }) => {
      inserts.push(query.bindings);
      if (query.bindings.includes(9)) throw missing;
      return { ...query, response: { rows: [], rowCount: 1, command: 'INSERT' } };
    };
    await statements.insertMissing(knex, 'b', [{ a: 1 }, { a: 9 }, { a: 2 }], 'a');
    expect(inserts).to.deep.equal([[1, 9, 2], [1], [9], [2]]);
  });
});

describe('a limited change on PostgreSQL', () => {
  it('determines its rows once, whatever plan the server chooses', () => {
    const knex = knexFactory({ client: 'pg', version: '13.0' });
    const query = statements.atMost(knex('b').where({ a: 1 }).orderBy('id'), 5, 'id').delete();
    expect(query.toSQL().sql).to.equal(
      'delete from "b" where "a" = ? and "id" = ANY (ARRAY (select "id" from "b" where "a" = ? order by "id" asc limit ? for update skip locked))',
    );
    expect(query.toSQL().bindings).to.deep.equal([1, 1, 5]);
  });
});
