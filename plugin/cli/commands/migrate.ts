import type { Command } from '../command.js';
import { JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';

export const command: Command = {
  summary: "Brings the sidecar's own tables up to date",
  details:
    'The sidecar does the same at its start. Only tables that begin with oauth2_sidecar_ are touched; of several that run it at once, one at a time works.',
  options: JSON_OPTION,
  examples: [['migrate', 'says which steps were made']],
  async run({ helpdesk, flag, out }) {
    const { notes, migrations } = await helpdesk().ready();
    if (flag('json')) out.json({ migrations, notes });
    else {
      for (const note of notes) out.warn(note);
      for (const name of migrations) out.line(`done: ${name}`);
      if (migrations.length === 0) out.line('Nothing to do.');
    }
    return EXIT.ok;
  },
};
