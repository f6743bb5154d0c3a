import { instance } from '../lab/instance.js';
import { serverRuns } from '../lab/servers.js';

/** Paths, ports and log-ins of the test instance. @throws Error where it does not run */
export const lab = instance('test');

for (const server of ['mariadb', 'apache', 'dovecot', 'provider']) {
  if (!serverRuns(lab, server)) {
    throw new Error(`The lab's ${server} does not run. Run "make test", or "make lab" for tests by hand.`);
  }
}
