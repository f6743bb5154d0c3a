import { renameSync } from 'node:fs';
import path from 'node:path';
import { helpdeskPerl } from '../lab/helpdesk.js';
import type { Fault } from './rig/fault.js';
import { describeFaults } from './rig/play.js';
import { well } from './rig/provider.js';

/** What PostMaster calls for each mail account, with nothing remembered from the call before. */
const getTokens = (ids: readonly number[]) => `for my $ID ( ${ids.join(', ')} ) {
    $Kernel::OM->ObjectsDiscard( Objects => ['Kernel::System::OAuth2Token'] );
    $Kernel::OM->Get('Kernel::System::OAuth2Token')->GetToken( TokenConfigID => $ID, UserID => 1 );
}`;

/** What an update replaces, and what is missing in the meantime. */
const REPLACED = ['RELEASE', 'Kernel/Config.pm', 'Kernel/System', 'Kernel/Language'];
const AWAY = '.of-the-old-release';

/** As an update finds the tables of tokens, and as a step in the middle of it leaves them. */
const TABLES_AWAY = `ALTER TABLE oauth2_token_config DROP COLUMN dbcrud_uuid;
  ALTER TABLE oauth2_token RENAME TO oauth2_token_old`;
const TABLES_BACK = `ALTER TABLE oauth2_token_old RENAME TO oauth2_token;
  ALTER TABLE oauth2_token_config ADD COLUMN dbcrud_uuid VARCHAR(36) NULL`;

const FAULTS: Fault[] = [
  {
    name: "the helpdesk's own GetToken asks for each token all the time",
    async play({ sidecar, database, ids, provider, answered }) {
      // From then on tokens are renewed ahead, and the helpdesk never has to send a request itself.
      await answered(ids.length);
      await helpdeskPerl(
        { ...database.server, home: sidecar.home },
        `use Time::HiRes; my $End = time + 20;
         while ( time < $End ) {
             ${getTokens(ids)}
             Time::HiRes::sleep(0.2);
         }`,
      );
      if (provider.requests() < ids.length) throw new Error('nobody renewed anything');
    },
  },
  {
    name: 'tokens have ended while the sidecar was down, and the helpdesk fetches when it starts',
    doubles: 1,
    async play({ sidecars, database, ids, provider, pass, random, sidecar }) {
      await Promise.all(sidecars.map((one) => one.stop()));
      await pass(provider.lifetime() + 2);
      provider.behave(well(1500));
      const fetches = helpdeskPerl(
        { ...database.server, home: sidecar.home },
        // More simultaneous fetches than any helpdesk has; each order is as likely.
        `use Time::HiRes; Time::HiRes::sleep(${random.between(1.5, 4)});
         ${getTokens([...ids].sort(() => random.next() - 0.5))}`,
      );
      await Promise.all(sidecars.map((one) => one.start()));
      await fetches;
    },
  },
  {
    name: 'configurations are edited, switched off and on, and deleted in flight',
    async play({ database, ids, random, pass }) {
      const left = [...ids];
      for (let time = 0; time < 30; time++) {
        const at = random.below(left.length);
        const id = left[at];
        if (time % 6 === 5) {
          left.splice(at, 1);
          await database.query(`DELETE FROM oauth2_token WHERE token_config_id = ${id};
            DELETE FROM oauth2_token_config WHERE id = ${id}`);
        } else if (time % 2 === 0)
          await database.query(
            `UPDATE oauth2_token_config SET name = 'Edited ${time}', change_time = UTC_TIMESTAMP() WHERE id = ${id}`,
          );
        else {
          await database.query(`UPDATE oauth2_token_config SET valid_id = 2 WHERE id = ${id}`);
          await pass(0.5);
          await database.query(`UPDATE oauth2_token_config SET valid_id = 1 WHERE id = ${id}`);
        }
        await pass(0.5);
      }
    },
  },
  {
    name: 'the helpdesk is updated: its files are replaced, and its tables of tokens are rebuilt',
    async play({ sidecars, database, answered, pass }) {
      const files = sidecars.flatMap(({ home }) => REPLACED.map((name) => path.join(home, name)));
      await answered(3);
      for (const file of files) renameSync(file, `${file}${AWAY}`);
      await pass(8);
      await database.query(TABLES_AWAY);
      await pass(12);
      await database.query(TABLES_BACK);
      await pass(3);
      for (const file of files) renameSync(`${file}${AWAY}`, file);
      for (const one of sidecars) if (!one.runs()) throw new Error(`${one.name} has ended`);
    },
  },
  {
    name: "the helpdesk's time zone moves west",
    short: true,
    async play({ sidecars, answered, ids, pass }) {
      await answered(ids.length);
      for (const one of sidecars) one.configure({ OTRSTimeZone: 'America/Los_Angeles' });
      await pass(20);
    },
  },
  {
    name: "the helpdesk's time zone moves east",
    async play({ sidecars, answered, ids, pass }) {
      await answered(ids.length);
      for (const one of sidecars) one.configure({ OTRSTimeZone: 'Asia/Tokyo' });
      await pass(20);
    },
  },
];

describeFaults('helpdesk', FAULTS);
