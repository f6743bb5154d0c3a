import { expect } from 'chai';
import { createEventStore } from '../../db/repositories/events.js';
import { createRenewalStore } from '../../db/repositories/renewals.js';
import { createTokenConfigStore } from '../../db/repositories/token-configs.js';
import { createTokenStore } from '../../db/repositories/tokens.js';
import { policyOf } from '../../plugin/domain/token/renewal.js';
import { createRenewalService } from '../../plugin/renewal-service/renewal-service.js';
import { refreshToken } from '../../plugin/usecases/refresh-token.js';
import { MemoryJournal } from '../support/memory-journal.js';
import { neverQuiet } from '../support/never-quiet.js';
import { settingsReader } from '../support/samples.js';
import { config, type Fixture, fixture, ZONE } from './fixture.js';
import { type PrivateHome, privateHome } from './helpdesk-perl.js';

const MINUTE = 60_000;
const silent = () => undefined;

/**
 * The night of a clock change, minute by minute, with the real stores and the time zone of the fixture: the texts in
 * the helpdesk's columns do not say which of two equal hours is meant.
 */
describe('the nights of the clock changes', function () {
  this.timeout(180_000);
  let fix: Fixture;
  let helpdesk: PrivateHome;
  before(async () => {
    fix = await fixture();
    helpdesk = privateHome(fix.address);
    helpdesk.writeConfigPm(`    $Self->{OTRSTimeZone} = '${ZONE}';`);
  });
  after(async () => {
    helpdesk.remove();
    await fix.close();
  });

  /** Writes a row as the helpdesk's own refresh does. */
  const byPerl = (rows: [id: number, end: Date][]) =>
    helpdesk.perl(`
      my $Object = $OM->Get('Kernel::System::OAuth2Token');
      for my $Row (${rows.map(([id, end]) => `[ ${id}, ${end.getTime() / 1000} ]`).join(', ')}) {
        my %Token = $Object->DataGet( TokenConfigID => $Row->[0], UserID => 1 );
        my $End = $OM->Create( 'Kernel::System::DateTime', ObjectParams => { Epoch => $Row->[1], TimeZone => '${ZONE}' } );
        $Object->DataUpdate( ID => $Token{ID}, Token => 'by perl', RefreshToken => 'r', TokenExpirationDate => $End->ToString(), UserID => 1 ) || die;
      }
      1;`);

  for (const [night, from, until] of [
    ['set back', '2026-10-24T22:00:00Z', '2026-10-25T04:00:00Z'],
    ['set forward', '2027-03-27T22:00:00Z', '2027-03-28T04:00:00Z'],
  ] as const)
    it(`let no token end unrenewed, and none be renewed over and over (${night})`, async () => {
      for (const table of ['oauth2_token', 'oauth2_token_config', 'oauth2_sidecar_renewal'])
        await fix.rows(`DELETE FROM ${table}`);
      const start = Date.parse(from);
      const clock = () => fix.clock.now;
      fix.clock.now = new Date(start);
      const tokens = createTokenStore(fix);
      const renewals = createRenewalStore(fix);
      const configs = createTokenConfigStore(fix);
      /** Lifetimes in minutes, by configuration: Microsoft's are between 60 and 90. */
      const lives = new Map<number, number>();
      const ends = new Map<number, number>();
      const renewed = new Map<number, number>();
      for (const [at, life] of [60, 61, 65, 75, 85, 90, 120, 180, 60, 75, 90, 120].entries()) {
        const document = {
          Requests: { TokenByRefreshToken: { Request: { URL: `https://provider.example/token?at=${at}` } } },
        };
        const id = await configs.insert(config(`Night ${night} ${at}`, document), 1);
        lives.set(id, life);
        ends.set(id, start + (life - 3 * at) * MINUTE);
        await tokens.get(id);
      }
      const ids = [...lives.keys()];
      const first = ids[0] ?? 0;
      byPerl(ids.map((id) => [id, new Date(ends.get(id) ?? 0)]));
      const settings = settingsReader();
      const deps = {
        tokens,
        renewals,
        journal: new MemoryJournal(false),
        settings,
        caches: { forgetTokenConfigs: async () => undefined },
        clock,
        holder: 'sidecar',
        endpoint: {
          async post({ url }: { url: string }) {
            const id = first + Number(new URL(url).searchParams.get('at'));
            const life = lives.get(id) ?? 0;
            ends.set(id, clock().getTime() + life * MINUTE);
            renewed.set(id, (renewed.get(id) ?? 0) + 1);
            return { access_token: `of-${clock().getTime()}`, expires_in: life * 60 };
          },
        },
      };
      const renewalService = createRenewalService({
        quiet: neverQuiet,
        announce: async () => 0,
        renewals,
        events: createEventStore(fix),
        refresh: (configId) => refreshToken(deps, { configId, userId: 1, actor: null }),
        replay: async () => 0,
        policy: async () => ({ ...policyOf(await settings.current()), keepEvents: 1e10 }),
        clock,
        log: { info: silent, warn: silent, error: silent },
      });
      for (let time = start; time < Date.parse(until); time += MINUTE) {
        fix.clock.now = new Date(time);
        // In the middle of the night the helpdesk refreshes some tokens itself.
        if (time === start + 140 * MINUTE || time === start + 200 * MINUTE) {
          const own = ids.slice(0, 6);
          for (const id of own) ends.set(id, time + (lives.get(id) ?? 0) * MINUTE);
          byPerl(own.map((id) => [id, new Date(ends.get(id) ?? 0)]));
        }
        await renewalService.tick();
        const late = ids.filter((id) => (ends.get(id) ?? 0) <= time);
        expect(
          late.map((id) => lives.get(id)),
          `ended at ${fix.clock.now.toISOString()}`,
        ).to.deep.equal([]);
      }
      for (const id of ids) {
        const life = lives.get(id) ?? 0;
        // At most three tenths or a quarter of an hour ahead, and twice more for what the helpdesk wrote.
        const plan = Math.ceil(360 / (life - Math.max(15, life * 0.3))) + 3;
        expect(renewed.get(id) ?? 0, `of ${life} minutes`).to.be.within(Math.floor(360 / life) - 2, plan);
      }
      // The helpdesk's Perl reads what the sidecar wrote.
      const read = helpdesk.perl<Record<string, string>>(`
        my $Object = $OM->Get('Kernel::System::OAuth2Token');
        my %Read;
        for my $ID (${ids.join(', ')}) {
          my %Token = $Object->DataGet( TokenConfigID => $ID, UserID => 1 );
          $Read{$ID} = $OM->Create( 'Kernel::System::DateTime', ObjectParams => { String => $Token{TokenExpirationDate} } )->ToEpoch();
        }
        \\%Read;`);
      for (const id of ids) expect(Number(read[id]) * 1000).to.equal(ends.get(id));
    });
});
