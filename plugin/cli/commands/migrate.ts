import type { Command } from '../command.js';
import { JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';

export const command: Command = {
  summary: "Brings the sidecar's own tables up to date, and adds those that an old helpdesk lacks",
  details:
    'The sidecar does the first at its start as well: tables that begin with oauth2_sidecar_. The second is only done here: on a helpdesk without OAuth2 (Znuny 6.0 to 6.2, OTRS 6) the tables and columns for tokens that its later update to Znuny 6.3 expects to find. Of several that run it at once, one at a time works.',
  options: JSON_OPTION,
  examples: [['migrate', 'says which steps were made']],
  async run({ helpdesk, flag, out }) {
    const added = await helpdesk().addTokenTables();
    const { notes, migrations } = await helpdesk().ready();
    if (flag('json')) out.json({ added, migrations, notes });
    else {
      for (const note of notes) out.warn(note);
      for (const name of added) out.line(`added: ${name}`);
      for (const name of migrations) out.line(`done: ${name}`);
      if (added.length + migrations.length === 0) out.line('Nothing to do.');
    }
    return EXIT.ok;
  },
};
