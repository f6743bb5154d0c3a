import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { pause, until } from '../lab/ports.js';
import { grantedConfig, removeAllConfigs, removeConfigs } from '../support/granted-config.js';
import { databaseRows, extraSidecar, lab, perl, provider, session } from '../support/lab.js';
import { endsIn, storedToken } from '../support/stored-token.js';

describe('several sidecars and the helpdesk on one database', () => {
  before(async () => {
    await removeAllConfigs();
    await provider.reset();
  });
  after(() => provider.reset());

  it('renew a due token with one request', async () => {
    const second = await extraSidecar();
    try {
      const id = await grantedConfig('Two sidecars');
      const before = await storedToken(id);
      await provider.reset();
      await endsIn(id, 100);
      await until('a renewal', async () => (await storedToken(id)).token !== before.token, 90_000);
      // Both have looked at the due list by then.
      await pause(11_000);
      expect((await provider.state()).requests.refresh_token).to.equal(1);
      expect((await storedToken(id)).error).to.equal('');
    } finally {
      await second.stop();
    }
  });

  it('keep the stored token while a renewal fails, and renew it afterwards', async () => {
    const id = await grantedConfig('Outage');
    const before = await storedToken(id);
    const admin = await session(CREDENTIALS.admin);
    const renew = () =>
      admin.post('Action=AdminOAuth2TokenManagement;Subaction=RefreshToken', { ID: String(id) });
    for (const [mode, status, code] of [
      ['html', 502, 'provider-answer-invalid'],
      ['empty', 502, 'provider-answer-invalid'],
      ['302', 502, 'provider-answer-invalid'],
      ['500', 502, 'provider-overloaded'],
      ['429', 502, 'provider-overloaded'],
      ['reset', 502, 'provider-unreachable'],
      ['invalid_client', 422, 'client-rejected'],
    ] as const) {
      await provider.set({ mode });
      const answer = await renew();
      const page = await answer.text();
      expect([mode, answer.status, /data-code="([^"]*)"/.exec(page)?.[1]]).to.deep.equal([
        mode,
        status,
        code,
      ]);
      expect(page).to.not.contain(CREDENTIALS.client.secret);
      const after = await storedToken(id);
      expect([after.token, after.refreshToken]).to.deep.equal([before.token, before.refreshToken]);
    }
    await provider.reset();
    expect((await renew()).status).to.equal(303);
    const after = await storedToken(id);
    expect(after.token).to.not.equal(before.token);
    expect(after.error).to.equal('');
  });

  it("show a new row within two seconds to another front end's helpdesk, whose cache they cannot reach", async () => {
    const names = () =>
      perl(
        `print join ',', map { $_->{Name} } $Kernel::OM->Get('Kernel::System::OAuth2TokenConfig')->DataListGet( UserID => 1 );`,
      );
    await names();
    await databaseRows(`INSERT INTO oauth2_token_config (name, config, valid_id, create_time, create_by, change_time, change_by)
      VALUES ('Of another front end', '{"ClientID":"x"}', 1, NOW(), 1, NOW(), 1)`);
    await pause(2000);
    expect((await names()).split(',')).to.include('Of another front end');
    await removeConfigs(['Of another front end']);
  });

  it('end cleanly on SIGTERM', async () => {
    const own = await extraSidecar();
    await own.stop();
    expect(readFileSync(own.log, 'utf8').trimEnd().split('\n').at(-1)).to.contain('"msg":"stopped"');
    expect(lab.ports.sidecar).to.not.equal(own.port);
  });
});
