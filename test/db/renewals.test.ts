import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { createEventStore } from '../../db/repositories/events.js';
import { createIdentityStore } from '../../db/repositories/identities.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import type { TokenConfigStore } from '../../plugin/domain/configuration/token-config-store.js';
import type { Attempt, RenewalStore } from '../../plugin/domain/token/renewal-store.js';
import type { StateMark } from '../../plugin/domain/token/state-mark.js';
import type { TokenStore } from '../../plugin/domain/token/token-store.js';
import { IS_POSTGRES } from '../support/database.js';
import { EPOCH, indexesFor } from '../support/sql.js';
import { config, type Fixture, fixture } from './fixture.js';
import { type PrivateHome, privateHome } from './helpdesk-perl.js';

const noon = Date.parse('2026-07-01T12:00:00.123Z');
const at = (ms: number): Date => new Date(noon + ms);
const HOUR = 3_600_000;

const MARK: StateMark = {
  kind: 'valid',
  rank: 7,
  notice: false,
  endsAt: at(HOUR),
  provider: 'provider.example',
  told: { kind: 'valid', rank: 7 },
};

const attempt = (
  changes: Partial<Attempt['state']> = {},
  event: Partial<Attempt['event']> = {},
): Attempt => ({
  event: {
    at: at(5),
    actor: null,
    what: 'renewal',
    outcome: 'ok',
    code: null,
    durationMs: 12.4,
    ...event,
  },
  state: {
    failures: 0,
    outcome: 'renewed',
    retryAt: null,
    failingSince: null,
    error: null,
    dueAt: at(HOUR),
    reason: 'not_due',
    succeededAt: at(5),
    receivedAt: at(5),
    ...changes,
  },
  mark: MARK,
  holder: 'a',
});

describe('the due list in the database', () => {
  let fix: Fixture;
  let helpdesk: PrivateHome;
  let renewals: RenewalStore;
  let configs: TokenConfigStore;
  let tokens: TokenStore;
  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
    helpdesk = privateHome(fix.helpdeskAddress);
    helpdesk.writeConfigPm();
  });
  after(async () => {
    helpdesk.remove();
    await fix.close();
  });
  beforeEach(async () => {
    renewals = createRenewalStore(fix);
    configs = createTokenConfigStore(fix);
    tokens = createTokenStore(fix);
    fix.clock.now = at(0);
    for (const table of [
      'oauth2_token',
      'oauth2_token_config',
      'oauth2_sidecar_renewal',
      'oauth2_sidecar_event',
    ])
      await fix.rows(`DELETE FROM ${table}`);
  });
  const add = async (name: string): Promise<number> => {
    const id = await configs.insert(config(name), 1);
    await tokens.save(
      await tokens.get(id),
      { accessToken: 'a', refreshToken: 'r', accessTokenExpiresAt: at(HOUR) },
      1,
    );
    await renewals.reconcile(at(0));
    return id;
  };
  const due = async (ms: number) => (await renewals.due(at(ms), 100)).map((row) => row.config.name);
  const row = async (id: number) =>
    (await fix.rows(`SELECT * FROM oauth2_sidecar_renewal WHERE token_config_id = ${id}`))[0] ?? {};

  it('takes in what anybody adds, changes and deletes, and nothing else', async () => {
    const id = await add('Ours');
    expect(await due(0)).to.deep.equal(['Ours']);
    expect(await renewals.reconcile(at(1))).to.equal(0);
    await renewals.schedule([{ configId: id, at: at(HOUR), reason: 'not_due', mark: MARK }]);
    expect(await renewals.reconcile(at(2))).to.equal(0);
    expect(await due(HOUR - 1)).to.deep.equal([]);

    helpdesk.perl(`
      my $C = $OM->Get('Kernel::System::OAuth2TokenConfig');
      $C->DataAdd( Name => 'Of Perl', Config => { ClientID => 'x' }, ValidID => 1, CreateBy => 1, ChangeBy => 1, UserID => 1 ) || die;
      1;`);
    expect(await renewals.reconcile(at(3))).to.equal(1);
    expect(await due(3)).to.deep.equal(['Of Perl']);
    // A refresh by the helpdesk in the same second as our own.
    await fix.rows(`UPDATE oauth2_token SET token = 'b' WHERE token_config_id = ${id}`);
    expect(await renewals.reconcile(at(4))).to.equal(1);
    expect((await due(4)).sort()).to.deep.equal(['Of Perl', 'Ours']);
    await fix.rows(`UPDATE oauth2_token_config SET config = '{}' WHERE id = ${id}`);
    expect(await renewals.reconcile(at(5))).to.equal(1);
    await fix.rows("DELETE FROM oauth2_token_config WHERE name = 'Of Perl'");
    expect(await renewals.reconcile(at(6))).to.equal(1);
    expect(await due(HOUR)).to.deep.equal(['Ours']);
    // The marks of the rows, the owners of the mailboxes, and what is noted of them.
    expect((await fix.queries(() => renewals.reconcile(at(7)))).length).to.equal(3);
  }).timeout(120_000);

  it('looks at the configurations that have been written alone, and for those that were deleted', async () => {
    const ids: number[] = [];
    for (const name of ['A', 'B', 'C', 'D']) ids.push(await add(name));
    const [a, b, c, d] = ids as [number, number, number, number];
    const later = ids.map((configId) => ({ configId, at: at(HOUR), reason: 'not_due' as const, mark: MARK }));
    await renewals.schedule(later);
    for (const id of [a, b])
      await fix.rows(`UPDATE oauth2_token SET token = 'b' WHERE token_config_id = ${id}`);
    expect(await renewals.reconcile(at(1), [])).to.equal(0);
    expect(await renewals.reconcile(at(1), [a, d])).to.equal(1);
    expect(await due(1)).to.deep.equal(['A']);
    await fix.rows(`DELETE FROM oauth2_token WHERE token_config_id = ${c}`);
    await fix.rows(`DELETE FROM oauth2_token WHERE token_config_id = ${d}`);
    await fix.rows(`DELETE FROM oauth2_token_config WHERE id = ${d}`);
    // One deletion is found, and one that is named is counted once.
    expect(await renewals.reconcile(at(2), [c])).to.equal(2);
    expect((await due(2)).sort()).to.deep.equal(['A', 'C']);
    const columns = 'config, valid_id, create_time, create_by, change_time, change_by';
    await fix.rows(`INSERT INTO oauth2_token_config (name, ${columns})
      SELECT 'E', ${columns} FROM oauth2_token_config WHERE id = ${a}`);
    const rows = await fix.rows<{ id: number }>("SELECT id FROM oauth2_token_config WHERE name = 'E'");
    const added = rows[0]?.id as number;
    expect(await renewals.reconcile(at(3), [added])).to.equal(1);
    expect(await renewals.reconcile(at(3), [added, a, c])).to.equal(0);
    expect(await renewals.reconcile(at(4)), 'what was not named is found later').to.equal(1);
    expect((await due(4)).sort()).to.deep.equal(['A', 'B', 'C', 'E']);
  });

  it('keeps a cause that time does not cure when a refresh by the helpdesk itself fails as well', async () => {
    const id = await add('Refused');
    const refused = {
      outcome: 'client-rejected',
      error: 'invalid_client AADSTS7000222',
      failures: 3,
    } as const;
    const noteIt = () =>
      renewals.note(id, attempt({ ...refused, failingSince: at(-HOUR) }, { outcome: refused.outcome }));
    const known = async () => {
      const { outcome, error, failures, failing_since } = await row(id);
      return { outcome, error, failures, since: failing_since === null ? null : Number(failing_since) };
    };
    const kept = { ...refused, since: noon - HOUR };
    // The helpdesk clears the error, asks, and writes what it was told, if that was JSON.
    for (const said of ['NULL', "'temporarily_unavailable'"]) {
      await noteIt();
      await fix.rows(
        `UPDATE oauth2_token SET error_message = ${said}, error_code = NULL, change_time = '2026-07-01 12:30:00'
         WHERE token_config_id = ${id}`,
      );
      expect(await renewals.reconcile(at(1)), said).to.equal(1);
      expect(await known(), said).to.deep.equal(kept);
      expect(await due(1), said).to.deep.equal(['Refused']);
    }
    // A refresh that succeeded, and a change by an admin, clear it.
    const cleared = { outcome: null, error: null, failures: 0, since: null };
    await fix.rows(`UPDATE oauth2_token SET token = 'new' WHERE token_config_id = ${id}`);
    await renewals.reconcile(at(2));
    expect(await known()).to.deep.equal(cleared);
    await noteIt();
    await fix.rows(`UPDATE oauth2_token_config SET config = '{"ClientID":"y"}' WHERE id = ${id}`);
    await renewals.reconcile(at(3));
    expect(await known()).to.deep.equal(cleared);
  });

  it('notices a configuration that was switched off and on again unchanged between two passes for changes', async () => {
    const id = await add('Off and on');
    const switched = (validId: number) =>
      fix.rows(`UPDATE oauth2_token_config SET valid_id = ${validId} WHERE id = ${id}`);
    await switched(2);
    const [off] = await renewals.due(at(1), 100);
    await switched(1);
    await renewals.schedule(
      [{ configId: id, at: null, reason: 'switched_off', mark: MARK, configMark: off?.configMark }],
      at(1),
    );
    expect(await due(HOUR)).to.deep.equal([]);
    expect(await renewals.reconcile(at(2))).to.equal(1);
    expect(await due(2)).to.deep.equal(['Off and on']);
    const [on] = await renewals.due(at(3), 100);
    await renewals.schedule(
      [{ configId: id, at: null, reason: 'grant_dead', mark: MARK, configMark: on?.configMark }],
      at(3),
    );
    expect(await renewals.reconcile(at(4)), 'nothing has changed').to.equal(0);
  });

  it('knows when anybody last wrote to the token tables without searching them', async () => {
    const id = await add('Ours');
    const settled = async () => {
      for (;;) {
        const { at, over } = await renewals.lastWrite();
        if (over) return at;
        await pause(100);
      }
    };
    const before = await settled();
    expect(before).to.match(IS_POSTGRES ? /^change \d+$/ : /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
    await renewals.schedule([{ configId: id, at: at(HOUR), reason: 'not_due', mark: MARK }]);
    expect(await settled(), 'our own table').to.equal(before);
    await fix.rows(`UPDATE oauth2_token SET error_message = 'x' WHERE token_config_id = ${id}`);
    expect(await renewals.lastWrite()).to.not.deep.equal({ at: before, over: true });
    const after = await settled();
    expect(after).to.not.equal(before);
    await fix.rows(`UPDATE oauth2_token_config SET valid_id = 2 WHERE id = ${id}`);
    const changed = await settled();
    expect(changed).to.not.equal(after);
    await fix.rows(
      `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, valid_id, create_time, create_by,
         change_time, change_by) VALUES ('x', 'x', 'x', 'IMAP', 1, 0, 1, NOW(), 1, NOW(), 1)`,
    );
    expect(await settled(), 'a mail account').to.not.equal(changed);
    expect((await fix.queries(() => renewals.lastWrite())).length).to.equal(1);
  }).timeout(20_000);

  it('does not move a configuration where somebody else was faster', async () => {
    const id = await add('Ours');
    const entry = { configId: id, at: at(HOUR), reason: 'not_due', mark: MARK } as const;
    await renewals.schedule([entry], at(0));
    await renewals.schedule([{ ...entry, at: at(60_000) }], at(0));
    expect(await renewals.nextDue()).to.deep.equal(at(HOUR));
  });

  it('is read by an index, soonest first, with configuration and token in one query', async () => {
    const [one, two] = [await add('One'), await add('Two')];
    await renewals.schedule([
      { configId: one, at: at(2000), reason: 'not_due', mark: MARK },
      { configId: two, at: at(1000), reason: 'backing_off', mark: MARK },
    ]);
    expect(await due(999)).to.deep.equal([]);
    expect(await due(2000)).to.deep.equal(['Two', 'One']);
    expect((await renewals.due(at(2000), 1)).map(({ token }) => token.refreshToken)).to.deep.equal(['r']);
    expect(await renewals.nextDue()).to.deep.equal(at(1000));
    expect((await fix.queries(() => renewals.due(at(2000), 100))).length).to.equal(1);
    const sorted = 'SELECT token_config_id FROM oauth2_sidecar_renewal WHERE due_at < 5 ORDER BY due_at';
    expect(await indexesFor(fix, sorted)).to.equal('oauth2_sidecar_renewal_due_at');
    await renewals.schedule([
      { configId: two, at: null, reason: 'grant_dead', mark: { ...MARK, kind: 'consent-needed' } },
    ]);
    await renewals.lookAgain(at(5));
    expect(await due(5), 'a grant that is dead, too').to.deep.equal(['One', 'Two']);
    expect((await renewals.figures(at(1005))).byState).to.deep.equal({ valid: 1, 'consent-needed': 1 });
    expect(await renewals.figures(at(1005))).to.deep.include({
      dueSince: at(5),
      nearestEnd: at(HOUR),
    });
  });

  it("gives a lease to one holder at a time, until released or expired, whatever the hosts' clocks say", async () => {
    const id = await add('Leased');
    const MINUTE = 60_000;
    const take = async (holder: string) => {
      const got = await renewals.acquire(id, holder, 2 * MINUTE);
      if (got === null || got === 'taken') return got;
      return (await renewals.takeOver(id, got, holder, 2 * MINUTE)) ? `left behind by ${got.holder}` : null;
    };
    /** The server's clock is the one that counts. */
    const ends = (seconds: number) =>
      fix.rows(`UPDATE oauth2_sidecar_renewal SET lease_until = (${EPOCH} + ?) * 1000`, [seconds]);
    expect(await take('a')).to.equal('taken');
    expect(await take('b')).to.equal(null);
    expect(await take('a'), 'not even a second time').to.equal(null);
    for (const ahead of [121, 130, 200]) {
      await ends(ahead);
      expect(await take('b'), `given ${ahead - 120} s later than we began to ask`).to.equal(null);
    }
    await renewals.release(id, 'b');
    expect(await take('b'), 'released by somebody else').to.equal(null);
    await ends(0);
    expect(await take('b'), 'expired, never given back').to.equal('left behind by a');
    await renewals.release(id, 'b');
    expect(await take('a')).to.equal('taken');
    await ends(300);
    expect(await take('b'), 'given by a clock that was wrong').to.equal('left behind by a');
    await fix.rows('DELETE FROM oauth2_sidecar_renewal');
    expect(await take('a'), 'before anybody has looked').to.equal('taken');
    for (const before of [0, -1]) {
      await ends(before);
      const got = await Promise.all(['c', 'd', 'e', 'f', 'g'].map(take));
      expect(got.filter(Boolean).length).to.equal(1);
    }
  });

  it('gives many leases with few statements, each to one holder', async () => {
    const ids: number[] = [];
    for (const name of ['A', 'B', 'C', 'D', 'E', 'F']) ids.push(await add(name));
    const other = createRenewalStore(fix);
    const all = (store: RenewalStore, holder: string) =>
      Promise.all(ids.map((id) => store.acquire(id, holder, 60_000)));
    const free = () => fix.rows('UPDATE oauth2_sidecar_renewal SET lease_until = 0, lease_holder = NULL');
    const sent = await fix.queries(async () => {
      expect(await all(renewals, 'a')).to.deep.equal(ids.map(() => 'taken'));
    });
    expect(sent).to.have.length(2);
    expect(await all(renewals, 'a'), 'not even a second time').to.deep.equal(ids.map(() => null));
    await free();
    for (let round = 0; round < 5; round++) {
      const [mine, theirs] = await Promise.all([all(renewals, 'a'), all(other, 'b')]);
      expect(mine?.map((got, n) => [got, theirs?.[n]].filter(Boolean).length)).to.deep.equal(
        ids.map(() => 1),
      );
      const holders = await fix.rows(
        'SELECT lease_holder FROM oauth2_sidecar_renewal ORDER BY token_config_id',
      );
      expect(holders.map(({ lease_holder }) => lease_holder)).to.deep.equal(
        mine?.map((got) => (got ? 'a' : 'b')),
      );
      await free();
    }
    const [first = 0, second = 0, third = 0] = ids;
    await fix.rows(`UPDATE oauth2_sidecar_renewal SET lease_holder = 'dead', lease_until = 1
      WHERE token_config_id = ${first}`);
    await fix.rows(`UPDATE oauth2_sidecar_renewal SET lease_holder = 'b', lease_until = (${EPOCH} + 60) * 1000
      WHERE token_config_id = ${second}`);
    await fix.rows(`DELETE FROM oauth2_sidecar_renewal WHERE token_config_id = ${third}`);
    const mixed = [{ holder: 'dead', endedAt: new Date(1) }, null, 'taken', 'taken', 'taken', 'taken'];
    expect(await all(renewals, 'a')).to.deep.equal(mixed);
    await free();
    const twice = await Promise.all([first, first].map((id) => renewals.acquire(id, 'a', 60_000)));
    expect(twice.filter(Boolean), 'one of two for the same').to.deep.equal(['taken']);
  });

  it('extends leases for their holders only, even ended ones, and many with two statements', async () => {
    const ids: number[] = [];
    for (const name of ['A', 'B', 'C']) ids.push(await add(name));
    const [first = 0, second = 0, third = 0] = ids;
    for (const id of [first, second]) await renewals.acquire(id, 'a', 60_000);
    await renewals.acquire(third, 'b', 60_000);
    await fix.rows(`UPDATE oauth2_sidecar_renewal SET lease_until = 1 WHERE token_config_id = ${second}`);
    let extended: boolean[] = [];
    const sent = await fix.queries(async () => {
      extended = await Promise.all(ids.map((id) => renewals.extend(id, 'a', 500_000)));
    });
    expect(extended).to.deep.equal([true, true, false]);
    expect(sent).to.have.length(2);
    const left = await fix.rows<{ s: number }>(
      `SELECT ROUND(lease_until / 1000 - ${EPOCH}) AS s FROM oauth2_sidecar_renewal ORDER BY token_config_id`,
    );
    expect(left.map(({ s }) => Number(s) > 60)).to.deep.equal([true, true, false]);
    // A lease that somebody else has taken meanwhile is not taken back.
    await fix.rows(`UPDATE oauth2_sidecar_renewal SET lease_until = 1 WHERE token_config_id = ${first}`);
    const got = await renewals.acquire(first, 'c', 60_000);
    if (got === null || got === 'taken') throw new Error('not abandoned');
    expect(await renewals.takeOver(first, got, 'c', 60_000)).to.equal(true);
    expect(await renewals.extend(first, 'a', 60_000)).to.equal(false);
    expect(await renewals.takeOver(first, got, 'd', 60_000)).to.equal(false);
    await renewals.release(first, 'c', true);
    expect(await renewals.acquire(first, 'd', 60_000)).to.deep.equal({ holder: 'c', endedAt: null });
  });

  it('reads rows together that are asked for together, each as it is by then', async () => {
    const ids = [await add('A'), await add('B')];
    const [first = 0, second = 0] = ids;
    let rows: (string | undefined)[] = [];
    const sent = await fix.queries(async () => {
      const asked = [second, first, 4711, second].map((id) => renewals.one(id));
      rows = (await Promise.all(asked)).map((found) => found?.config.name);
    });
    expect([rows, sent.length]).to.deep.equal([['B', 'A', undefined, 'B'], 1]);
  });

  it('shortens the end of what was received after now when the clock is set back, which is no change by others', async () => {
    const [early, late] = [await add('Early'), await add('Late')];
    const receive = async (id: number, ms: number) =>
      tokens.save(
        await tokens.get(id),
        { accessToken: `at ${ms}`, accessTokenExpiresAt: at(ms + HOUR) },
        1,
        attempt({ succeededAt: at(ms), receivedAt: at(ms), expiresAt: at(ms + HOUR) }),
      );
    await receive(early, -5);
    await receive(late, HOUR);
    // The clock that measures it has fractions of milliseconds.
    expect(await renewals.setBack(at(0), HOUR + 0.306640625)).to.equal(1);
    const [one, two] = await Promise.all([renewals.one(early), renewals.one(late)]);
    expect([one?.token.accessTokenExpiresAt, one?.renewal.receivedAt]).to.deep.equal([at(HOUR - 5), at(-5)]);
    expect([two?.token.accessTokenExpiresAt, two?.renewal.receivedAt]).to.deep.equal([at(HOUR), at(0)]);
    expect(two?.renewal.lastSuccessAt).to.deep.equal(at(0));
    expect(two?.token.accessToken).to.equal(`at ${HOUR}`);
    expect(await renewals.reconcile(at(1))).to.equal(0);
    expect(await renewals.setBack(at(0), HOUR), 'once').to.equal(0);
  });

  it('writes token, state, event and the end of the lease together or not at all', async () => {
    const id = await add('Together');
    await renewals.acquire(id, 'a', 60_000);
    const token = await tokens.get(id);
    const answer = { accessToken: 'new', refreshToken: 'new-r', accessTokenExpiresAt: at(2 * HOUR) };
    const identities = createIdentityStore(fix);
    const agreed = async () => (await identities.of([id])).get(id)?.identity?.subject;
    const consent = (subject: string | null): Pick<Attempt, 'consent'> => ({
      consent: {
        identity: subject === null ? null : { subject, login: null, email: null, issuer: 'i' },
        at: at(5),
      },
    });
    await identities.save(id, { subject: 'before', login: 'x', email: 'x', issuer: 'x' }, at(0));
    const late = { ...attempt(), ...consent('late') };
    expect(await tokens.save({ ...token, accessToken: 'other' }, answer, 1, late)).to.equal(false);
    expect(await agreed()).to.equal('before');
    expect(await row(id)).to.include({ lease_holder: 'a', outcome: null });
    expect(await fix.rows("SELECT * FROM oauth2_sidecar_event WHERE what = 'renewal'")).to.deep.equal([]);

    const issued = { refreshTokenIssuedAt: at(5), refreshTokenDiesAt: at(90 * HOUR) };
    expect(await tokens.save(token, answer, 1, { ...attempt(issued), ...consent('now') })).to.equal(true);
    expect((await identities.of([id])).get(id)).to.deep.equal({
      identity: { subject: 'now', login: null, email: null, issuer: 'i' },
      at: at(5),
      shared: [],
    });
    expect(await row(id)).to.include({
      lease_holder: null,
      lease_until: 0,
      outcome: 'renewed',
      failures: 0,
      due_at: noon + HOUR,
      received_at: noon + 5,
      refresh_token_issued_at: noon + 5,
      refresh_token_dies_at: noon + 90 * HOUR,
    });
    expect(await renewals.reconcile(at(9)), 'our own change is no change of others').to.equal(0);
    const one = await renewals.one(id);
    expect(one?.token).to.include({ accessToken: 'new', refreshToken: 'new-r' });
    expect(one?.renewal).to.deep.equal({
      failures: 0,
      outcome: 'renewed',
      retryAt: null,
      lastSuccessAt: at(5),
      receivedAt: at(5),
      failingSince: null,
      error: null,
      otherMailbox: null,
      missingScopes: [],
      mail: null,
      lostAnswer: null,
    });
    const broken = { ...attempt(), ...consent('x'.repeat(999)) };
    const failed = await tokens
      .save(one?.token as never, { accessToken: 'never' }, 1, broken)
      .catch((e) => e.code);
    expect(failed).to.equal('value-too-long');
    expect((await tokens.get(id)).accessToken).to.equal('new');
    expect(await agreed()).to.equal('now');
    const unknown = { ...attempt(), ...consent(null) };
    expect(await tokens.save(one?.token as never, { accessToken: 'newer' }, 1, unknown)).to.equal(true);
    expect(await agreed()).to.equal(undefined);
  });

  it('remembers the scopes that an answer lacked until an answer names what it grants', async () => {
    const id = await add('Permissions');
    const missing = async () => (await renewals.one(id))?.renewal.missingScopes;
    const note = (state: Partial<Attempt['state']>) => renewals.note(id, attempt(state));
    const two = ['https://mail.google.com/', 'https://outlook.office.com/SMTP.Send'];
    await note({ missingScopes: two });
    expect(await missing()).to.deep.equal(two);
    await note({});
    expect(await missing(), 'an answer without scopes').to.deep.equal(two);
    const many = Array.from({ length: 3000 }, (_, at) => `https://provider.example/scope-${at}`);
    await note({ missingScopes: many });
    expect(await missing(), 'as many as the column takes').to.deep.equal(many.slice(0, 29));
    await note({ missingScopes: [] });
    expect(await missing()).to.deep.equal([]);
  });

  it('forgets the scopes that a deleted token lacked', async () => {
    const id = await add('Deleted permissions');
    await tokens.save(await tokens.get(id), { accessToken: 'a', refreshToken: 'r' }, 1, {
      ...attempt({ missingScopes: ['https://mail.google.com/'] }),
    });
    expect((await renewals.one(id))?.renewal.missingScopes).to.have.length(1);
    const event = {
      at: at(5),
      actor: 1,
      what: 'revocation',
      outcome: 'ok',
      code: null,
      durationMs: 1,
    } as const;
    expect(await tokens.clear(await tokens.get(id), 1, event)).to.equal(true);
    expect((await renewals.one(id))?.renewal.missingScopes).to.deep.equal([]);
  });

  it('notes an attempt that left no token only where there is still none', async () => {
    const id = await add('Two consents');
    const missing = async () => (await renewals.one(id))?.renewal.missingScopes;
    const note = (scope: string) =>
      renewals.note(id, attempt({ missingScopes: [scope] }), { withoutTokens: true });
    const store = (token: string, refreshToken: string) =>
      fix.rows(
        `UPDATE oauth2_token SET token = NULLIF(?, ''), refresh_token = NULLIF(?, '') WHERE token_config_id = ${id}`,
        [token, refreshToken],
      );
    await store('', '');
    await note('a');
    expect(await missing()).to.deep.equal(['a']);
    for (const [token, refreshToken] of [
      ['whole', ''],
      ['', 'r'],
    ] as const) {
      await store(token, refreshToken);
      await note('b');
      expect(await missing()).to.deep.equal(['a']);
    }
  });

  it('remembers a failure with its error until somebody saves the configuration', async () => {
    const id = await add('Failing');
    const failing = {
      failures: 3,
      outcome: 'client-rejected',
      retryAt: at(900_000),
      dueAt: at(900_000),
    } as const;
    await tokens.saveError(
      id,
      { errorMessage: 'invalid_client', errorDescription: null, errorCode: null },
      1,
      attempt(
        { ...failing, reason: 'client_rejected' },
        { outcome: 'client-rejected', code: 'invalid_client' },
      ),
    );
    expect(await renewals.reconcile(at(1))).to.equal(0);
    expect((await renewals.one(id))?.renewal).to.deep.include({ failures: 3, outcome: 'client-rejected' });
    await renewals.note(id, {
      ...attempt({ ...failing, failures: 4, reason: 'client_rejected' }),
      event: null,
    });
    expect(await row(id)).to.include({ failures: 4 });
    const stored = await configs.byId(id);
    if (!stored) throw new Error('gone');
    const next = { ...stored, document: { ...stored.document, ClientSecret: 'right' } };
    await configs.update(stored, next, 3);
    expect(await row(id)).to.include({ failures: 0, outcome: null, due_at: noon });
  });

  it('keeps a history of who did what, newest first, which survives its configuration', async () => {
    const events = createEventStore(fix);
    const id = await add('Recorded');
    const stored = await configs.byId(id);
    if (!stored) throw new Error('gone');
    await configs.update(stored, { ...stored, name: 'Renamed' }, 3);
    await tokens.save(await tokens.get(id), { accessToken: 'b' }, 1, attempt());
    await configs.delete(id, 2);
    const { events: recorded } = await events.history({ configId: id, page: 1, pageSize: 10 });
    const facts = recorded.map(({ what, actor, name, durationMs }) => [what, actor, name, durationMs]);
    expect(facts).to.deep.equal([
      ['config-deleted', 2, 'Renamed', null],
      ['renewal', null, 'Renamed', 12],
      ['config-changed', 3, 'Renamed', null],
      ['config-added', 1, 'Recorded', null],
    ]);
    const page = await events.history({ configId: id, page: 1, pageSize: 1 });
    expect([page.events.length, page.total]).to.deep.equal([1, 4]);
    expect(await events.prune(at(0))).to.equal(0);
    expect(await events.prune(at(6))).to.equal(4);
  });
});
