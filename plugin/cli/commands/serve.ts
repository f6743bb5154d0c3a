import { clientsFor, openFilesLimit } from '../../config/open-files.js';
import type { Command } from '../command.js';
import { EXIT } from '../exit-codes.js';

export const command: Command = {
  summary: 'Runs the sidecar',
  details:
    'Listens on 127.0.0.1 (SIDECAR_PORT, default 18270) until SIGTERM or Ctrl-C; the log goes to standard output. docs/operations.md lists the variables.',
  examples: [
    ['serve', 'the helpdesk is found at the usual places'],
    ['serve --home /srv/helpdesk', 'another folder'],
  ],
  async run({ environment }) {
    // Check before loading the program, which would otherwise hit the limit in some other place.
    clientsFor(openFilesLimit());
    const { serve } = await import('../../main.js');
    await serve(environment());
    return EXIT.ok;
  },
};
