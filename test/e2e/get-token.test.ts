import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { grantedConfig, removeAllConfigs } from '../support/granted-config.js';
import { databaseRows, extraSidecar, perl, provider, session } from '../support/lab.js';
import { isActive, storedToken } from '../support/stored-token.js';

/** What PostMaster calls at each fetch, with nothing remembered from the call before. */
const getToken = (id: number) => `do {
  $Kernel::OM->ObjectsDiscard( Objects => ['Kernel::System::OAuth2Token'] );
  $Kernel::OM->Get('Kernel::System::OAuth2Token')->GetToken( TokenConfigID => ${id}, UserID => 1 ) // '';
}`;

describe("the genuine helpdesk's own GetToken beside two sidecars", () => {
  let second: Awaited<ReturnType<typeof extraSidecar>>;
  before(async () => {
    await removeAllConfigs();
    await provider.reset();
    second = await extraSidecar();
  });
  after(async () => {
    await second.stop();
    await provider.reset();
  });

  it('reads tokens all the time without ever having to ask the provider itself', async () => {
    await provider.set({ accessTokenSeconds: 30 });
    const id = await grantedConfig('Read all the time');
    // Strict rotation: one request beside ours, and the grant would be lost.
    await provider.set({ requests: {}, reused: [] });
    const read = await perl(`use Time::HiRes; my %Seen; my $End = time + 40;
      while ( time < $End ) { $Seen{ ${getToken(id)} }++; Time::HiRes::sleep(0.1); }
      print join "\\n", map { "$_ $Seen{$_}" } keys %Seen;`);
    const tokens = read.split('\n').map((line) => line.split(' '));
    expect(tokens.length, 'different tokens').to.be.at.least(3);
    for (const [token = '', times] of tokens) {
      expect(token).to.have.length.greaterThan(20);
      expect(Number(times)).to.be.greaterThan(0);
    }
    const renewals = () =>
      databaseRows(
        `SELECT COUNT(*) FROM oauth2_sidecar_event WHERE token_config_id = ${id} AND what = 'renewal' AND outcome = 'ok'`,
      );
    // One may be on its way at this moment.
    await until('each request is a renewal', async () => {
      const [row] = await renewals();
      return Number(row?.[0]) === (await provider.state()).requests.refresh_token;
    });
    expect((await provider.state()).reused).to.deep.equal([]);
    expect(await isActive((await storedToken(id)).token)).to.equal(true);
  }).timeout(120_000);

  it('loses nothing when it refreshes at the same moment as the sidecars, many times', async () => {
    await provider.reset();
    const id = await grantedConfig('Refreshed by both');
    const admin = await session(CREDENTIALS.admin);
    // A provider that revokes everything when a refresh token comes twice would punish the helpdesk's own race.
    await provider.set({ rotate: false, lateMs: 150 });
    const ROUNDS = 20;
    let done = false;
    const theirs = perl(`use Time::HiRes; my $DB = $Kernel::OM->Get('Kernel::System::DB');
      for my $Round ( 1 .. ${ROUNDS} ) {
        $DB->Do( SQL => 'UPDATE oauth2_token SET token_expiration_date = ? WHERE token_config_id = ${id}',
          Bind => [ \\'2020-01-01 00:00:00' ] );
        my $Begin = Time::HiRes::time();
        my $Token = ${getToken(id)};
        print join( ' ', $Token || 'none', 1000 * $Begin, 1000 * Time::HiRes::time() ), "\\n";
      }`).finally(() => {
      done = true;
    });
    const ours: [from: number, until: number][] = [];
    const statuses = new Set<number>();
    theirs.catch(() => undefined);
    while (!done) {
      const from = Date.now();
      const answer = await admin.post('Action=AdminOAuth2TokenManagement;Subaction=RefreshToken', {
        ID: String(id),
      });
      ours.push([from, Date.now()]);
      statuses.add(answer.status);
    }
    const calls = (await theirs)
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    expect(calls).to.have.length(ROUNDS);
    expect(calls.filter(([token]) => token === 'none')).to.deep.equal([]);
    const together = calls.filter(([, from, until]) =>
      ours.some(([begin, end]) => begin < Number(until) && end > Number(from)),
    );
    expect(together.length, 'calls during one of ours').to.be.greaterThan(ROUNDS / 2);
    // 409: the renewal service was renewing at that moment.
    expect([...statuses].filter((status) => ![303, 409].includes(status))).to.deep.equal([]);
    const stored = await storedToken(id);
    expect(stored.error).to.equal('');
    expect(await isActive(stored.token)).to.equal(true);
    expect(await perl(`print ${getToken(id)}`)).to.have.length.greaterThan(20);
    for (const [token = ''] of calls) expect(await isActive(token)).to.equal(true);
    await provider.reset();
    const last = await admin.post('Action=AdminOAuth2TokenManagement;Subaction=RefreshToken', {
      ID: String(id),
    });
    expect(last.status).to.equal(303);
  }).timeout(120_000);
});
