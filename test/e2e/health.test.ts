import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { setSettings } from '../lab/helpdesk.js';
import { CREDENTIALS } from '../lab/instance.js';
import { until } from '../lab/ports.js';
import { grantedConfig } from '../support/granted-config.js';
import { databaseRows, lab, perl, provider, session } from '../support/lab.js';

const at = (path: string) => fetch(`${lab.urls.sidecar}${path}`);
const figures = async () => (await at('/metrics')).text();
const figure = (text: string, name: string): number | undefined => {
  const line = text.split('\n').find((found) => found.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
};

describe('health and metrics', () => {
  before(() => provider.reset());
  after(() => provider.reset());

  it('/healthz and /readyz answer on their own port, and not behind the web server', async () => {
    for (const [path, body] of [
      ['/healthz', 'ok\n'],
      ['/readyz', 'ready\n'],
    ] as const) {
      const answer = await at(path);
      expect([answer.status, await answer.text()]).to.deep.equal([200, body]);
      const outside = await fetch(new URL(path, lab.urls.helpdesk));
      expect(await outside.text(), path).not.to.equal(body);
    }
    const metrics = await fetch(new URL('/metrics', lab.urls.helpdesk));
    expect(await metrics.text()).not.to.contain('oauth2_sidecar_');
  });

  it('/metrics counts tokens, requests, lag and journal, and names no mailbox', async () => {
    const host = new URL(lab.urls.provider).host;
    const renewals = `oauth2_sidecar_renewals_total{host="${host}",outcome="ok"}`;
    const before = figure(await figures(), renewals) ?? 0;
    const id = await grantedConfig('Measured mailbox');
    const admin = await session(CREDENTIALS.admin);
    const renewed = await admin.post('Action=AdminOAuth2TokenManagement;Subaction=RefreshToken', {
      ID: String(id),
    });
    expect(renewed.status).to.equal(303);
    await databaseRows(
      "DELETE FROM oauth2_token_config WHERE name <> 'Measured mailbox' AND id NOT IN (SELECT token_config_id FROM oauth2_token)",
    );
    const text = await figures();
    expect(figure(text, renewals)).to.equal(before + 2);
    expect(figure(text, 'oauth2_sidecar_journal_entries')).to.equal(0);
    expect(figure(text, 'oauth2_sidecar_due_lag_seconds')).to.be.within(0, 60);
    expect(
      figure(text, `oauth2_sidecar_token_request_duration_seconds_count{host="${host}"}`),
    ).to.be.at.least(2);
    expect(figure(text, 'oauth2_sidecar_request_duration_seconds_count{status="303"}')).to.be.at.least(1);
    expect(figure(text, 'oauth2_sidecar_tokens{state="valid"}')).to.be.at.least(1);
    const end = figure(text, 'oauth2_sidecar_nearest_expiry_seconds');
    expect(end).to.be.lessThan(601);
    expect(text).not.to.contain('Measured');
    const [row] = await databaseRows(
      `SELECT token, refresh_token FROM oauth2_token WHERE token_config_id = ${id}`,
    );
    for (const secret of [...(row ?? []), CREDENTIALS.client.secret]) expect(text).not.to.contain(secret);
  });

  it('every metric is explained in docs/operations.md', async () => {
    const names = [...(await figures()).matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    expect(names).to.have.length(26);
    const documented = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    expect(names.filter((name) => !documented.includes(`\`${name}\``))).to.deep.equal([]);
  });
});

describe('the settings for renewals in the System Configuration', () => {
  const LEAD = 'OAuth2Sidecar::Renewal::LeadMinutes';

  it('have their default values when shipped, and refuse values out of range', async () => {
    const value = (name: string) =>
      perl(`print $Kernel::OM->Get('Kernel::Config')->Get('OAuth2Sidecar::${name}');`);
    expect(
      await Promise.all(
        [
          'Renewal::LeadMinutes',
          'Renewal::LeadPercent',
          'Renewal::MaxAgeHours',
          'Renewal::RequestsPerProvider',
          'EventRetentionDays',
        ].map(value),
      ),
    ).to.deep.equal(['10', '20', '24', '4', '180']);
    // What the helpdesk's own screen asks before it saves.
    const checked = await perl(`my $S = $Kernel::OM->Get('Kernel::System::SysConfig');
      my %Setting = $S->SettingGet( Name => '${LEAD}' );
      for my $Value ( 1, 10, 99, 100, 699, 719, 720, 0, 721, -5, 'ten', '' ) {
        my %Check = $S->SettingEffectiveValueCheck(
          XMLContentParsed => $Setting{XMLContentParsed}, SettingUID => 'x', EffectiveValue => $Value, UserID => 1 );
        print $Check{Success} ? 'y' : 'n';
      }`);
    expect(checked).to.equal('yyyyyyynnnnn');
  });

  it('take effect without a restart', async () => {
    const id = await grantedConfig('Short lead');
    const tokenNow = async () =>
      (await databaseRows(`SELECT token FROM oauth2_token WHERE token_config_id = ${id}`))[0]?.[0];
    const first = await tokenNow();
    // Valid for an hour, received five minutes ago.
    await databaseRows(`UPDATE oauth2_token SET change_time = UTC_TIMESTAMP() - INTERVAL 31 MINUTE,
      token_expiration_date = UTC_TIMESTAMP() + INTERVAL 29 MINUTE WHERE token_config_id = ${id}`);
    const reason = async () =>
      (await databaseRows(`SELECT reason FROM oauth2_sidecar_renewal WHERE token_config_id = ${id}`))[0]?.[0];
    await until('the change was taken in', async () => (await reason()) === 'not_due', 90_000);
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(await tokenNow()).to.equal(first);
    await setSettings(lab, [{ name: LEAD, value: '60' }]);
    try {
      await until('a renewal', async () => (await tokenNow()) !== first, 90_000);
    } finally {
      await setSettings(lab, [{ name: LEAD, value: '10' }]);
    }
  }).timeout(120_000);
});
