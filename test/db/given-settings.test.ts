import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createDeployments } from '../../db/repositories/sysconfig.js';
import { databaseCredentials } from '../../plugin/config/database-credentials.js';
import { createGivenSettings, givenSettings, readDeployment } from '../../plugin/config/given-settings.js';
import type { SidecarError } from '../../plugin/errors.js';
import { createSettingsReader } from '../../sysconfig/settings-reader.js';
import { lab } from '../support/instance.js';
import { type Fixture, fixture } from './fixture.js';
import { type PrivateHome, privateHome } from './helpdesk-perl.js';

describe('settings without Perl', function () {
  this.timeout(120_000);
  let fix: Fixture;
  let helpdesk: PrivateHome;
  let folder: string;
  before(async () => {
    fix = await fixture();
    helpdesk = privateHome(fix.helpdeskAddress);
    folder = mkdtempSync(path.join(tmpdir(), 'given-'));
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    helpdesk.remove();
    await fix.close();
  });
  const deployments = () => createDeployments({ db: fix.db });
  const newest = async () => (await deployments().text((await deployments().newest()) ?? 0)) ?? '';

  it("match the helpdesk's deployed ones, every single one", async () => {
    const ours = readDeployment(await newest());
    // Those of the prepared helpdesk, as its database is: end-to-end tests may have deployed other settings since.
    const file = path.join(lab.dir, 'golden/helpdesk/Kernel/Config/Files/ZZZAAuto.pm');
    const all: Record<string, unknown> = helpdesk.perl(`
      require '${file}'; my %All;
      Kernel::Config::Files::ZZZAAuto->Load( \\%All ); \\%All;`);
    expect(Object.keys(ours).length).to.be.greaterThan(600);
    expect(JSON.parse(JSON.stringify(ours))).to.deep.equal(all);
  });

  it('come from the database, with the file and the environment taking precedence', async () => {
    const file = path.join(folder, 'settings.json');
    writeFileSync(
      file,
      JSON.stringify({
        FQDN: 'given.example.com',
        SessionMaxTime: 60,
        DatabaseUser: 'of-file',
        SecureMode: true,
      }),
    );
    const given = givenSettings({
      HELPDESK_SETTINGS: file,
      HELPDESK_DATABASE_DSN: 'DBI:mysql:database=desk;host=db1;mysql_ssl=1',
      HELPDESK_DATABASE_USER: 'of-environment',
      HELPDESK_DATABASE_PASSWORD: ' pass#word ',
    });
    if (!given) throw new Error('nothing was given');
    const source = createGivenSettings(given);
    expect(databaseCredentials(await source.read())).to.deep.include({
      host: 'db1',
      database: 'desk',
      user: 'of-environment',
      password: ' pass#word ',
    });
    let time = 0;
    const reader = createSettingsReader({ deployments: deployments(), source, clock: () => new Date(time) });
    const settings = await reader.current();
    expect(settings.text('FQDN')).to.equal('given.example.com');
    expect(settings.number('SessionMaxTime', 0)).to.equal(60);
    expect(settings.flag('SecureMode', false)).to.equal(true);
    expect(settings.text('ScriptAlias')).to.equal(String(helpdesk.perl("$Self->Get('ScriptAlias');")));
    expect(settings.text('AdminEmail'), 'refers to others').to.not.include('<OTRS_CONFIG_');
    writeFileSync(file, JSON.stringify({ FQDN: 'changed.example.com, later' }));
    time += 1000;
    expect((await reader.current()).text('FQDN'), 'a change of the file').to.equal(
      'changed.example.com, later',
    );
  });

  it('are not used where none are given; a file that cannot be read is refused', async () => {
    expect(givenSettings({ HELPDESK_DATABASE_DSN: '', HELPDESK_SETTINGS: ' ' })).to.equal(null);
    for (const [text, why] of [
      ['not JSON', /it is not JSON/],
      ['[]', /holds no JSON object/],
    ] as const) {
      const file = path.join(folder, 'broken.json');
      writeFileSync(file, text);
      const refusal = await createGivenSettings({ file, values: {} })
        .read()
        .catch((error: SidecarError) => error.detail);
      expect(refusal).to.match(why);
    }
    expect(() => readDeployment("sub Load { $Self->{'FQDN'} = lc 'X'; }")).to.throw(/not in the form/);
  });
});
