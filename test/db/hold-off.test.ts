import { expect } from 'chai';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { config, type Fixture, fixture, ZONE } from './fixture.js';
import { type PrivateHome, privateHome } from './helpdesk-perl.js';

describe('a token that has ended and is about to be renewed', () => {
  let fix: Fixture;
  let helpdesk: PrivateHome;
  before(async function () {
    this.timeout(120_000);
    fix = await fixture();
    helpdesk = privateHome(fix.helpdeskAddress);
    // The time zone of the stores, too.
    helpdesk.writeConfigPm(`    $Self->{OTRSTimeZone} = '${ZONE}';`);
  });
  after(async () => {
    helpdesk.remove();
    await fix.close();
  });

  it("looks valid for a minute, which keeps the helpdesk's own Perl from refreshing it", async () => {
    // The helpdesk's Perl goes by the real clock.
    const now = new Date(Math.floor(Date.now() / 1000) * 1000);
    const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
    fix.clock.now = now;
    const [renewals, configs, tokens] = [
      createRenewalStore(fix),
      createTokenConfigStore(fix),
      createTokenStore(fix),
    ];
    const add = async (name: string, seconds: number) => {
      const id = await configs.insert(config(name), 1);
      const values = { accessToken: name, refreshToken: 'r', accessTokenExpiresAt: at(seconds) };
      await tokens.save(await tokens.get(id), values, 1);
      return id;
    };
    const ended = await add('Ended', -5);
    const works = await add('Works', 5);
    const theirs = await add('Theirs', -5);
    await renewals.reconcile(now);
    // The helpdesk has stored one meanwhile, which nobody has looked at yet.
    await fix.rows(`UPDATE oauth2_token SET token = 'newer' WHERE token_config_id = ${theirs}`);
    const isExpired = (id: number) =>
      Number(
        helpdesk.perl(
          `$OM->Get('Kernel::System::OAuth2Token')->HasTokenExpired( TokenConfigID => ${id}, UserID => 1 ) ? 1 : 0`,
        ),
      );
    expect([isExpired(ended), isExpired(theirs)]).to.deep.equal([1, 1]);

    await renewals.holdOff([ended, works, theirs], now, at(60));
    expect([isExpired(ended), isExpired(theirs)]).to.deep.equal([0, 1]);
    const ends = async (id: number) => (await renewals.one(id))?.token.accessTokenExpiresAt;
    expect(await ends(ended)).to.deep.equal(at(60));
    expect(await ends(works)).to.deep.equal(at(5));
    expect(await ends(theirs)).to.deep.equal(at(-5));
    // Our own change does not count as somebody else's; the helpdesk's does.
    expect(await renewals.reconcile(now)).to.equal(1);
    expect(await renewals.reconcile(now)).to.equal(0);
  }).timeout(60_000);
});
