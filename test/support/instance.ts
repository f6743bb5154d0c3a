import { type InstanceName, instance } from '../lab/instance.js';
import { serverRuns } from '../lab/servers.js';

/** Paths, ports and log-ins of the test instance: Znuny 6.5, or what LAB_INSTANCE names. @throws Error where it does not run */
export const lab = instance((process.env.LAB_INSTANCE ?? 'test') as InstanceName);

for (const server of ['mariadb', 'apache', 'dovecot', 'provider']) {
  if (!serverRuns(lab, server)) {
    throw new Error(`The lab's ${server} does not run. Run "make test", or "make lab" for tests by hand.`);
  }
}
