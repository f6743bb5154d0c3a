import type { Command } from '../command.js';
import { JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';

export const command: Command = {
  summary: "Updates the sidecar's own tables, and adds the token tables that an old helpdesk lacks",
  details:
    'The sidecar also updates its own tables (oauth2_sidecar_…) whenever it starts. Only this command adds the tables and columns for tokens to a helpdesk without OAuth2 (Znuny 6.0 to 6.2, OTRS 6), as its later update to Znuny 6.3 expects them. If several processes run it at once, they take turns.',
  options: JSON_OPTION,
  examples: [['migrate', 'shows which steps were taken']],
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
