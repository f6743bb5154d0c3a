import { expect } from 'chai';
import { createColumnReader } from '../../db/columns.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import type { TokenConfigStore } from '../../plugin/domain/configuration/token-config-store.js';
import type { TokenStore } from '../../plugin/domain/token/token-store.js';
import { phrase } from '../../plugin/lib/phrase.js';
import { IS_POSTGRES } from '../support/database.js';
import { retype, TEXT } from '../support/sql.js';
import { config, type Fixture, failure, fixture } from './fixture.js';
import { type PrivateHome, privateHome } from './helpdesk-perl.js';

/** The columns of the helpdesk on MariaDB have no room for an emoji. */
const GONE = IS_POSTGRES ? 'Gone 😀' : 'Gone \ufffd';
const at = (iso: string): Date => new Date(iso);
const hour = (n: number): Date => new Date(Date.parse('2026-07-01T12:00:00Z') + n * 3_600_000);

describe('tokens in the database', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let configs: TokenConfigStore;
  let tokens: TokenStore;
  let helpdesk: PrivateHome;
  let id: number;
  before(async () => {
    fix = await fixture();
    configs = createTokenConfigStore(fix);
    tokens = createTokenStore(fix);
    helpdesk = privateHome(fix.helpdeskAddress);
    helpdesk.writeConfigPm("    $Self->{OTRSTimeZone} = 'Europe/Berlin';");
  });
  after(async () => {
    helpdesk.remove();
    await fix.close();
  });
  beforeEach(async () => {
    await fix.rows('DELETE FROM oauth2_token');
    await fix.rows('DELETE FROM oauth2_token_config');
    fix.clock.now = hour(0);
    id = await configs.insert(config('Mail'), 1);
  });

  it('begin as an empty row, created once even by many simultaneous calls', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => tokens.get(id)));
    for (const token of all)
      expect(token).to.deep.equal({
        configId: id,
        accessToken: null,
        accessTokenExpiresAt: null,
        refreshToken: null,
        refreshTokenExpiresAt: null,
        errorMessage: null,
        errorDescription: null,
        errorCode: null,
        changeTime: hour(0),
      });
    expect(await fix.rows('SELECT COUNT(*) AS n FROM oauth2_token')).to.deep.equal([{ n: 1 }]);
    expect((await failure(tokens.get(id + 1))).code).to.equal('unknown-token-config');
    expect((await fix.queries(() => tokens.get(id))).length).to.equal(1);
  });

  it('are read back as they were saved; what an answer leaves out stays', async () => {
    const long = `ya29.${'aB3-_'.repeat(2000)}`;
    const first = await tokens.get(id);
    expect(
      await tokens.save(
        first,
        {
          accessToken: long,
          accessTokenExpiresAt: hour(1),
          refreshToken: 'r1',
          refreshTokenExpiresAt: hour(48),
        },
        1,
      ),
    ).to.equal(true);
    fix.clock.now = hour(1);
    const second = await tokens.get(id);
    expect(second).to.deep.include({
      accessToken: long,
      accessTokenExpiresAt: hour(1),
      refreshToken: 'r1',
      refreshTokenExpiresAt: hour(48),
      changeTime: hour(0),
    });
    expect(await tokens.save(second, { accessToken: 'a2', accessTokenExpiresAt: hour(2) }, 1)).to.equal(true);
    expect(await tokens.get(id)).to.deep.include({
      accessToken: 'a2',
      accessTokenExpiresAt: hour(2),
      refreshToken: 'r1',
      refreshTokenExpiresAt: hour(48),
      changeTime: hour(1),
    });
  });

  it("are read by the helpdesk's Perl in the same second, with its dates, and the other way round", async () => {
    // Both sides of the night in which the clocks are set back.
    for (const expires of [
      '2026-10-24T23:30:00Z',
      '2026-10-25T01:30:00Z',
      '2027-01-15T12:00:00Z',
      '2027-07-15T12:00:00Z',
    ]) {
      await tokens.save(
        await tokens.get(id),
        { accessToken: `a-${expires}`, accessTokenExpiresAt: at(expires), refreshToken: 'r' },
        1,
      );
      const seen = helpdesk.perl<{ Token: string; Epoch: string; Expired: string | null }>(`
        my $Object = $OM->Get('Kernel::System::OAuth2Token');
        my %Token = $Object->DataGet( TokenConfigID => ${id}, UserID => 1 );
        { Token => $Token{Token},
          Epoch => $OM->Create( 'Kernel::System::DateTime', ObjectParams => { String => $Token{TokenExpirationDate} } )->ToEpoch() };`);
      expect(seen, expires).to.deep.equal({
        Token: `a-${expires}`,
        Epoch: String(at(expires).getTime() / 1000),
      });
    }
    const epoch = helpdesk.perl<string>(`
      my $Object = $OM->Get('Kernel::System::OAuth2Token');
      my %Token = $Object->DataGet( TokenConfigID => ${id}, UserID => 1 );
      my $Date = $OM->Create('Kernel::System::DateTime');
      $Date->Add( Hours => 5 );
      $Object->DataUpdate( ID => $Token{ID}, Token => 'by perl', TokenExpirationDate => $Date->ToString(), ErrorCode => 'e', UserID => 1 );
      $Date->ToEpoch();`);
    const read = await tokens.get(id);
    expect(read).to.deep.include({ accessToken: 'by perl', refreshToken: 'r', errorCode: 'e' });
    expect(read.accessTokenExpiresAt?.getTime()).to.equal(Number(epoch) * 1000);
  });

  it('are not written when somebody else was faster, not even by a change of case', async () => {
    await tokens.save(await tokens.get(id), { accessToken: 'Access', refreshToken: 'Refresh' }, 1);
    const mine = await tokens.get(id);
    for (const theirs of [
      { token: 'access' },
      { token: 'Access ' },
      { token: null },
      { refresh_token: 'rEFRESH' },
      { refresh_token: 'Refreshed' },
    ]) {
      await fix.helpdesk
        .knex('oauth2_token')
        .update({ token: 'Access', refresh_token: 'Refresh', ...theirs });
      const before = await fix.rows('SELECT * FROM oauth2_token');
      expect(
        await tokens.save(mine, { accessToken: 'mine', refreshToken: 'mine' }, 1),
        JSON.stringify(theirs),
      ).to.equal(false);
      expect(await fix.rows('SELECT * FROM oauth2_token')).to.deep.equal(before);
    }
    await fix.rows('DELETE FROM oauth2_token');
    expect(await tokens.save(mine, { accessToken: 'mine' }, 1)).to.equal(false);
  });

  it('are written by one of two simultaneous saves', async () => {
    const mine = await tokens.get(id);
    const saved = await Promise.all(
      ['a', 'b', 'c'].map((accessToken) => tokens.save(mine, { accessToken }, 1)),
    );
    expect(saved.filter(Boolean).length).to.equal(1);
    expect((await tokens.get(id)).accessToken).to.equal(['a', 'b', 'c'][saved.indexOf(true)]);
  });

  it('treat an empty text in the row as absent, as the helpdesk does', async () => {
    await tokens.get(id);
    await fix
      .rows(
        "UPDATE oauth2_token SET token = '', refresh_token = '', token_expiration_date = '0000-00-00 00:00:00'",
      )
      .catch(() => fix.rows("UPDATE oauth2_token SET token = '', refresh_token = ''"));
    const empty = await tokens.get(id);
    expect([empty.accessToken, empty.refreshToken, empty.accessTokenExpiresAt]).to.deep.equal([
      null,
      null,
      null,
    ]);
    expect(await tokens.save(empty, { accessToken: 'a' }, 1)).to.equal(true);
  });

  it('stay as they are when an error is stored; the next success clears the error', async () => {
    await tokens.save(
      await tokens.get(id),
      { accessToken: 'a', refreshToken: 'r', accessTokenExpiresAt: hour(1) },
      1,
    );
    await fix.rows("UPDATE oauth2_token SET authorization_code = 'untouched'");
    await tokens.saveError(
      id,
      { errorMessage: 'invalid_grant', errorDescription: 'Gone 😀', errorCode: null },
      1,
    );
    const failed = await tokens.get(id);
    expect(failed).to.deep.include({
      accessToken: 'a',
      refreshToken: 'r',
      accessTokenExpiresAt: hour(1),
      errorMessage: 'invalid_grant',
      errorDescription: GONE,
      errorCode: null,
    });
    expect(
      helpdesk.perl(
        `$OM->Get('Kernel::System::OAuth2Token')->GetTokenErrorMessage( TokenConfigID => ${id}, UserID => 1 );`,
      ),
    ).to.equal(`invalid_grant: ${GONE}`);
    await tokens.save(failed, { accessToken: 'b' }, 1);
    expect(await tokens.get(id)).to.deep.include({
      accessToken: 'b',
      errorMessage: null,
      errorDescription: null,
    });
    expect(await fix.rows('SELECT authorization_code FROM oauth2_token')).to.deep.equal([
      { authorization_code: 'untouched' },
    ]);
    await tokens.saveError(
      await configs.insert(config('new'), 1),
      { errorMessage: 'm', errorDescription: null, errorCode: 'c' },
      1,
    );
    expect(
      (
        await failure(
          tokens.saveError(9999, { errorMessage: 'm', errorDescription: null, errorCode: null }, 1),
        )
      ).code,
    ).to.equal('unknown-token-config');
  });

  it('are refused before anything is written when they do not fit; an error text is shortened', async () => {
    await fix.rows(retype('oauth2_token', { token: 'VARCHAR(2000)', error_code: 'VARCHAR(250)' }));
    try {
      const narrow = createTokenStore({ ...fix, columns: createColumnReader(fix.db) });
      const mine = await narrow.get(id);
      const error = await failure(narrow.save(mine, { accessToken: 'x'.repeat(2001), refreshToken: 'r' }, 1));
      expect([error.code, error.fields]).to.deep.equal([
        'value-too-long',
        { Token: phrase('At most %s characters can be stored.', 2000) },
      ]);
      expect((await narrow.get(id)).refreshToken).to.equal(null);
      expect(`${error.message}${error.log}${error.stack}`).not.to.include('xxx');
      expect(await narrow.save(mine, { accessToken: 'x'.repeat(2000) }, 1)).to.equal(true);
      await narrow.saveError(
        id,
        { errorMessage: null, errorDescription: null, errorCode: 'y'.repeat(300) },
        1,
      );
      expect((await narrow.get(id)).errorCode)
        .to.match(/^y+…$/)
        .and.have.length.within(100, 250);
    } finally {
      await fix.rows('DELETE FROM oauth2_token');
      await fix.rows(retype('oauth2_token', { token: TEXT, error_code: 'TEXT' }));
    }
  });
});
