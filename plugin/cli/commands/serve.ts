import { clientsFor, openFilesLimit } from '../../config/open-files.js';
import type { Command } from '../command.js';
import { EXIT } from '../exit-codes.js';

export const command: Command = {
  summary: 'Runs the sidecar',
  details:
    'Runs until SIGTERM or Ctrl-C, and logs to standard output. operations.md lists the variables of its environment.',
  examples: [
    ['serve', 'finds the helpdesk in the usual places'],
    ['serve --home /srv/helpdesk', 'a helpdesk in another folder'],
  ],
  async run({ environment }) {
    // Check before loading the program, which would otherwise hit the limit in some other place.
    clientsFor(openFilesLimit());
    const { serve } = await import('../../main.js');
    await serve(environment());
    return EXIT.ok;
  },
};
