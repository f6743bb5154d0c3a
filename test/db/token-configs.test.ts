import { expect } from 'chai';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import type { TokenConfig } from '../../plugin/domain/configuration/token-config.js';
import type { TokenConfigStore } from '../../plugin/domain/configuration/token-config-store.js';
import { phrase } from '../../plugin/lib/phrase.js';
import { IS_POSTGRES } from '../support/database.js';
import { retype, TEXT } from '../support/sql.js';
import { config, type Fixture, failure, fixture } from './fixture.js';
import { type PrivateHome, privateHome } from './helpdesk-perl.js';

describe('token configurations in the database', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let store: TokenConfigStore;
  let helpdesk: PrivateHome;
  before(async () => {
    fix = await fixture();
    store = createTokenConfigStore(fix);
    helpdesk = privateHome(fix.helpdeskAddress);
  });
  after(async () => {
    helpdesk.remove();
    await fix.close();
  });
  beforeEach(async () => {
    await fix.rows('DELETE FROM mail_account');
    await fix.rows('DELETE FROM oauth2_token');
    await fix.rows('DELETE FROM oauth2_token_config');
  });
  const stored = async (id: number): Promise<TokenConfig> => {
    const found = await store.byId(id);
    if (!found) throw new Error('not stored');
    return found;
  };

  it('are read back as they were written', async () => {
    const id = await store.insert(config('Öffice & <b>"1"</b> 日本'), 1);
    expect(await store.byId(id)).to.deep.equal({
      id,
      name: 'Öffice & <b>"1"</b> 日本',
      document: config('x').document,
      validId: 1,
      createTime: fix.clock(),
      createBy: 1,
      changeTime: fix.clock(),
      changeBy: 1,
    });
    expect((await store.byName('Öffice & <b>"1"</b> 日本'))?.id).to.equal(id);
    expect([await store.byId(id + 1), await store.byName('nobody')]).to.deep.equal([null, null]);
    const [row] = await fix.rows('SELECT create_time, change_time FROM oauth2_token_config');
    expect(row, "in the helpdesk's zone").to.deep.equal({
      create_time: '2026-07-01 14:00:00',
      change_time: '2026-07-01 14:00:00',
    });
  });

  it("are read by the helpdesk's Perl in the same second, and its own are read here", async () => {
    const document = {
      ...config('x').document,
      Scope: 'line\u2028end \\ " \u0001 €',
      Deep: { '': [null, true, 0] },
    };
    const id = await store.insert({ name: 'From here', validId: 1, document }, 1);
    const seen = helpdesk.perl<Record<string, unknown>>(`
      my %Config = $OM->Get('Kernel::System::OAuth2TokenConfig')->DataGet( ID => ${id}, UserID => 1 );
      $Config{Config}->{AddedByPerl} = { Number => 5, Text => 'x', Umlaut => "\\x{fc}" };
      $OM->Get('Kernel::System::OAuth2TokenConfig')->DataUpdate( %Config, UserID => 1 ) || die;
      \\%Config;`);
    expect(seen.Name).to.equal('From here');
    expect(seen.Config).to.deep.include({
      Scope: 'line\u2028end \\ " \u0001 €',
      Unknown: { kept: ['as', { it: 'is' }], number: '7', text: '7' },
      Deep: { '': [null, '1', '0'] },
    });
    const { document: changed } = await stored(id);
    expect(changed.AddedByPerl).to.deep.equal({ Number: 5, Text: 'x', Umlaut: 'ü' });
    expect(changed.Unknown).to.deep.equal({ kept: ['as', { it: 'is' }], number: 7, text: '7' });
  });

  it('keep unknown keys, their order, numbers and texts, and columns that are not ours', async () => {
    const json =
      '{"Z":1,"ClientID":"c","big":12345678901234567890,"A":{"y":"1","x":1.5},"list":[0,"0",null,false]}';
    await fix.rows(
      `INSERT INTO oauth2_token_config (id, dbcrud_uuid, name, config, valid_id, create_time, create_by, change_time, change_by)
       VALUES (5, 'uuid-5', 'old', ?, 2, '2020-01-01 00:00:00', 1, '2020-01-01 00:00:00', 1)`,
      [json],
    );
    const old = await stored(5);
    await store.update(
      old,
      { name: 'new', validId: 2, document: { ...old.document, ClientID: 'changed' } },
      1,
    );
    const [row] = await fix.rows(
      'SELECT dbcrud_uuid, name, config, valid_id, create_time FROM oauth2_token_config',
    );
    expect(row).to.deep.equal({
      dbcrud_uuid: 'uuid-5',
      name: 'new',
      config: json.replace('"c"', '"changed"').replace('12345678901234567890', '"12345678901234567890"'),
      valid_id: 2,
      create_time: '2020-01-01 00:00:00',
    });
  });

  it('are searched for a text as a whole: in any document, valid or not, without wildcards', async () => {
    await fix.rows('DELETE FROM oauth2_token_config');
    const id = await store.insert(config('mentions'), 1);
    await fix.rows(`UPDATE oauth2_token_config SET config = 'no JSON: Ab_c-9' WHERE id = ${id}`);
    const found = await Promise.all(['Ab_c-9', 'ab_C', 'Ab.c', 'Abxc', '%'].map(store.mentions));
    expect(found).to.deep.equal([true, true, false, false, false]);
  });

  it('show as empty what is not JSON, instead of failing', async () => {
    const id = await store.insert(config('broken'), 1);
    for (const text of ['', '{', 'null', '[1]', '"x"']) {
      await fix.rows('UPDATE oauth2_token_config SET config = ?', [text]);
      expect((await stored(id)).document, text).to.deep.equal({});
    }
  });

  it('refuse an edit when somebody else was faster, and write nothing', async () => {
    const id = await store.insert(config('shared'), 1);
    const mine = await stored(id);
    for (const [what, sql] of [
      ['another time', "UPDATE oauth2_token_config SET change_time = '2026-07-01 14:00:01'"],
      [
        'another document in the same second',
        `UPDATE oauth2_token_config SET config = '{"ClientID":"theirs"}'`,
      ],
      ['another name in the same second', "UPDATE oauth2_token_config SET name = 'theirs'"],
      ['another validity in the same second', 'UPDATE oauth2_token_config SET valid_id = 2'],
    ] as const) {
      const before = await fix.rows('SELECT * FROM oauth2_token_config');
      await fix.rows(sql);
      const theirs = await fix.rows('SELECT * FROM oauth2_token_config');
      const error = await failure(store.update(mine, config('mine'), 1));
      expect(error.code, what).to.equal('edit-conflict');
      expect(await fix.rows('SELECT * FROM oauth2_token_config'), what).to.deep.equal(theirs);
      await fix.helpdesk.knex('oauth2_token_config').update(before[0] as Record<string, string>);
    }
    await store.update(mine, config('mine'), 1);
    expect((await stored(id)).name).to.equal('mine');
    await fix.rows('DELETE FROM oauth2_token_config');
    expect((await failure(store.update(mine, config('gone'), 1))).code).to.equal('unknown-token-config');
  });

  it('let one of two simultaneous edits win', async () => {
    const id = await store.insert(config('race'), 1);
    const mine = await stored(id);
    const edits = await Promise.allSettled(
      ['a', 'b'].map((Scope) => store.update(mine, config('race', { Scope }), 1)),
    );
    expect(edits.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
    const lost = edits.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(lost.reason.code).to.equal('edit-conflict');
  });

  it('do not count it as a change when the helpdesk reorders the keys', async () => {
    const id = await store.insert(config('order'), 1);
    const mine = await stored(id);
    const reversed = Object.fromEntries(Object.entries(mine.document).reverse());
    await fix.rows('UPDATE oauth2_token_config SET config = ?', [JSON.stringify(reversed)]);
    await store.update(mine, config('order2'), 1);
    expect((await stored(id)).name).to.equal('order2');
  });

  it('refuse what does not fit before anything is written', async () => {
    const full = 'ü'.repeat(250);
    const id = await store.insert(config(full), 1);
    expect((await stored(id)).name).to.equal(full);
    const count = () => fix.rows('SELECT COUNT(*) AS n FROM oauth2_token_config');

    const long = await failure(store.insert(config('x'.repeat(251)), 1));
    expect([long.code, long.fields]).to.deep.equal([
      'value-too-long',
      { Name: phrase('At most %s characters can be stored.', 250) },
    ]);
    if (!IS_POSTGRES) {
      const huge = await failure(store.insert(config('huge', { Scope: 'é'.repeat(8_400_000) }), 1));
      expect([huge.code, Object.keys(huge.fields ?? {})]).to.deep.equal(['value-too-long', ['Config']]);
    }
    expect(await count()).to.deep.equal([{ n: 1 }]);
    await fix.rows('DELETE FROM oauth2_token_config');

    await fix.rows(
      retype('oauth2_token_config', { name: 'VARCHAR(20) NOT NULL', config: 'VARCHAR(5000) NOT NULL' }),
    );
    try {
      const narrow = createTokenConfigStore({
        ...fix,
        columns: (await import('../../db/columns.js')).createColumnReader(fix.db),
      });
      await fix.rows('DELETE FROM oauth2_token_config');
      const error = await failure(narrow.insert(config('x'.repeat(21), { Scope: 'x'.repeat(5000) }), 1));
      expect([error.code, error.fields]).to.deep.equal([
        'value-too-long',
        {
          Name: phrase('At most %s characters can be stored.', 20),
          Config: phrase('At most %s characters can be stored.', 5000),
        },
      ]);
    } finally {
      await fix.rows(
        retype('oauth2_token_config', { name: 'VARCHAR(250) NOT NULL', config: `${TEXT} NOT NULL` }),
      );
    }
  }).timeout(120_000);

  if (IS_POSTGRES)
    it('store emoji, and refuse the one character that no column can hold', async () => {
      const id = await store.insert(config('mail 😀', { Scope: '😀' }), 1);
      const back = await store.byId(id);
      expect([back?.name, back?.document.Scope]).to.deep.equal(['mail 😀', '😀']);
      expect((await store.byName('mail 😀'))?.id).to.equal(id);
      expect(await store.byName('mail \0')).to.equal(null);
      const error = await failure(store.insert(config('mail \0'), 1));
      expect([error.code, Object.keys(error.fields ?? {})]).to.deep.equal(['invalid-token-config', ['Name']]);
    });
  else
    it('refuse emoji where the column cannot hold them, and store them where it can', async () => {
      const name = await failure(store.insert(config('mail 😀'), 1));
      expect(name.code).to.equal('invalid-token-config');
      expect(name.fields?.Name).to.match(/emoji/);
      expect((await failure(store.insert(config('x', { Scope: '😀' }), 1))).fields).to.have.keys(['Config']);
      expect(await fix.rows('SELECT id FROM oauth2_token_config')).to.deep.equal([]);

      await fix.rows('ALTER TABLE oauth2_token_config CONVERT TO CHARACTER SET utf8mb4');
      try {
        const { createColumnReader } = await import('../../db/columns.js');
        const wide = createTokenConfigStore({ ...fix, columns: createColumnReader(fix.db) });
        const id = await wide.insert(config('mail 😀', { Scope: '😀' }), 1);
        const back = await wide.byId(id);
        expect([back?.name, back?.document.Scope]).to.deep.equal(['mail 😀', '😀']);
      } finally {
        await fix.rows('DELETE FROM oauth2_token_config');
        await fix.rows('ALTER TABLE oauth2_token_config CONVERT TO CHARACTER SET utf8mb3');
      }
    });

  it('refuse a name that is taken, on insert and on rename', async () => {
    // PostgreSQL's key distinguishes case, as does the helpdesk there.
    const other = (name: string): string => (IS_POSTGRES ? 'Taken' : name);
    await store.insert(config('Taken'), 1);
    const id = await store.insert(config('free'), 1);
    for (const work of [
      () => store.insert(config(other('taken')), 1),
      async () => store.update(await stored(id), config(other('TAKEN')), 1),
    ]) {
      const error = await failure(work());
      expect(error.code).to.equal('invalid-token-config');
      expect(error.fields?.Name).to.equal('There is already a token configuration with this name.');
      expect(`${error.message} ${error.log} ${error.stack}`).not.to.match(/taken'|insert into|client/i);
    }
    expect((await stored(id)).name).to.equal('free');
  });

  it('are deleted with their token, or not at all', async () => {
    const tokens = createTokenStore(fix);
    const id = await store.insert(config('a'), 1);
    const used = await store.insert(config('b'), 1);
    await tokens.get(id);
    await tokens.get(used);
    await store.delete(id, 1);
    expect(await store.byId(id)).to.equal(null);
    expect((await failure(store.delete(id, 1))).code).to.equal('unknown-token-config');

    await fix.rows(
      `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, authentication_type, oauth2_token_config_id,
         valid_id, create_time, create_by, change_time, change_by)
       VALUES ('l', 'OAuth2Token', 'h', 'IMAPS', 1, 0, 'oauth2_token', ?, 1, '2026-01-01', 1, '2026-01-01', 1)`,
      [used],
    );
    expect((await failure(store.delete(used, 1))).code).to.equal('token-config-in-use');
    expect(
      await fix.rows('SELECT token_config_id FROM oauth2_token'),
      'its token is still there',
    ).to.deep.equal([{ token_config_id: used }]);
  });

  it('are read page by page in the order of their names, without those deleted meanwhile', async () => {
    for (const name of ['e', 'b', 'f', 'a', 'd', 'c']) await store.insert(config(name), 1);
    const deleted = await store.byName('e');
    const pages: string[][] = [];
    for await (const page of await store.pages(2)) {
      pages.push(page.map(({ name }) => name));
      // The next page has been read; the one after it has not.
      if (pages.length === 1) await store.delete(deleted?.id ?? 0, 1);
    }
    expect(pages).to.deep.equal([['a', 'b'], ['c', 'd'], ['f']]);
    for await (const page of await store.pages(500)) expect(page).to.deep.equal(await store.all());
  });

  it('are imported all or none', async () => {
    const kept = await store.insert(config('kept'), 1);
    const error = await failure(
      store.inTransaction(async (inside) => {
        await inside.insert(config('one'), 1);
        await inside.update((await inside.byId(kept)) as TokenConfig, config('changed'), 1);
        await inside.delete(kept, 1);
        await inside.insert(config(IS_POSTGRES ? 'one' : 'ONE'), 1);
      }),
    );
    expect(error.code).to.equal('invalid-token-config');
    expect((await store.all()).map(({ name }) => name)).to.deep.equal(['kept']);
    const ids = await store.inTransaction(async (inside) => [
      await inside.insert(config('two'), 1),
      await inside.insert(config('three'), 1),
    ]);
    expect(ids.length).to.equal(2);
    expect((await store.all()).map(({ name }) => name)).to.deep.equal(['kept', 'three', 'two']);
  });
});
