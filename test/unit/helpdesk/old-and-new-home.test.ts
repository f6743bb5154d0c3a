import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createAbilities } from '../../../plugin/helpdesk/abilities.js';
import { consoleScript, scriptsOf } from '../../../plugin/helpdesk/console.js';
import { surveySite } from '../../../plugin/install/site.js';
import { giveHelpdesk } from '../../support/helpdesk-owner.js';

const CONFIG = `package Kernel::Config;
sub Load {
  my $Self = shift;
  $Self->{DatabaseHost} = '127.0.0.1';
  $Self->{Database} = 'znuny';
  $Self->{DatabaseUser} = 'znuny';
  $Self->{DatabasePw} = 'secret';
  $Self->{DatabaseDSN} = "DBI:mysql:database=$Self->{Database};host=$Self->{DatabaseHost};";
}
sub new { my $Self = bless {}, shift; $Self->Load(); return $Self }
1;
`;

/** What tells one helpdesk from another: names and versions, as Znuny 7.3 and 6.3 have them. */
const HOMES = {
  'Znuny 7.3': { release: 'PRODUCT = Znuny\nVERSION = 7.3.8\n', scripts: ['znuny'], called: 'znuny' },
  'Znuny 6.3': { release: 'PRODUCT = Znuny\nVERSION = 6.3.4\n', scripts: ['otrs'], called: 'otrs' },
  'Znuny 7.1, unpacked over 6.5': {
    release: 'PRODUCT = Znuny\nVERSION = 7.1.7\n',
    scripts: ['otrs', 'znuny'],
    called: 'znuny',
  },
} as const;

describe('homes of helpdesks that cannot run here', () => {
  for (const [title, { release, scripts, called }] of Object.entries(HOMES))
    describe(title, () => {
      let home: string;
      before(() => {
        home = mkdtempSync(path.join(tmpdir(), 'helpdesk-home-'));
        const put = (name: string, text: string) => {
          mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
          writeFileSync(path.join(home, name), text);
        };
        put('RELEASE', release);
        put('Kernel/Config.pm', CONFIG);
        put('Kernel/System/OAuth2Token.pm', 'package Kernel::System::OAuth2Token;');
        put('Kernel/System/MailAccount/IMAP.pm', "$Kernel::OM->Get('Kernel::System::OAuth2Token')");
        put('var/tmp/.keep', '');
        for (const name of scripts) put(`bin/${name}.Console.pl`, '');
        giveHelpdesk(home);
      });
      after(() => rmSync(home, { recursive: true, force: true }));

      it('is recognised before anything is installed', async () => {
        const { recognised, database } = await surveySite(home, { PATH: process.env.PATH ?? '' });
        expect({ ...recognised.release, database: database.database }).to.deep.equal({
          product: 'Znuny',
          version: /VERSION = (.*)/.exec(release)?.[1],
          database: 'znuny',
        });
      });

      it('is controlled by the scripts that it has', async () => {
        expect(scriptsOf(home)).to.equal(called);
        expect(consoleScript(home)).to.equal(path.join(home, `bin/${called}.Console.pl`));
        expect(await createAbilities(home)()).to.deep.equal({
          builtIn: true,
          mailAccounts: true,
          smtp: false,
          webServices: false,
          scripts: called,
        });
      });
    });

  it('do not include a folder without a console', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'helpdesk-home-'));
    const refusal = await surveySite(home, {}).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(refusal).to.match(
      /is not a helpdesk's folder: RELEASE, bin\/otrs\.Console\.pl, Kernel\/Config\.pm missing/,
    );
    rmSync(home, { recursive: true });
  });
});
