import type { Adapters } from '../adapters/adapters.js';

/** What a renewal on the command line uses: the same as the sidecar's own. */
export const renewalDeps = async (adapters: Adapters) => ({
  renewals: await adapters.renewals(),
  tokens: await adapters.tokens(),
  journal: await adapters.journal(),
  endpoint: await adapters.endpoint(),
  caches: await adapters.caches(),
  settings: await adapters.settings(),
  documents: await adapters.documents(),
  identities: await adapters.identities(),
  clock: adapters.clock,
  holder: adapters.holder,
  log: adapters.log,
  isQuiet: (await adapters.quiet()).isOn,
  lookAtServer: (await adapters.quiet()).look,
});
