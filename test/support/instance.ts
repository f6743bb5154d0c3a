import { databaseServer } from '../lab/database-server.js';
import { type InstanceName, instance } from '../lab/instance.js';
import { serverRuns } from '../lab/servers.js';

/**
 * Paths, ports and log-ins of the test instance: Znuny 6.5, or the one that LAB_INSTANCE names. @throws Error where it
 * does not run
 */
export const lab = instance((process.env.LAB_INSTANCE ?? 'test') as InstanceName);

/** Does the helpdesk itself use tokens? Znuny 6.0 does not. */
export const usesTokens = lab.release !== '6.0';
/** A test of the helpdesk's own part in it; left out on Znuny 6.0, which has no such part. */
export const itWithTokens = (title: string, work: Mocha.AsyncFunc): Mocha.Test | undefined =>
  usesTokens ? it(title, work) : undefined;

for (const server of [databaseServer(lab), 'apache', 'dovecot', 'provider']) {
  if (!serverRuns(lab, server)) {
    throw new Error(`The lab's ${server} does not run. Run "make test", or "make lab" for tests by hand.`);
  }
}
