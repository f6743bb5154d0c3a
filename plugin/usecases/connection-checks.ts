import { type Finding, finding } from '../domain/doctor/doctor.js';
import type { DoctorDeps } from '../domain/doctor/doctor-ports.js';
import { inTime, TimeOut } from '../lib/in-time.js';
import { type Phrase, phrase } from '../lib/phrase.js';
import { checkFqdn, checkHttpType, checkScriptAlias } from './doctor/helpdesk-checks.js';
import { checkCallback } from './doctor/web-checks.js';

/** Milliseconds that a page waits for the web server's answer: a busy one takes more than a second. */
const PATIENCE = 2500;

const CHECKS: readonly [id: string, title: Phrase, check: (deps: DoctorDeps) => Promise<Finding>][] = [
  ['http-type', phrase('The helpdesk uses https'), checkHttpType],
  ['fqdn', phrase('The host name of the helpdesk is set'), checkFqdn],
  ['script-alias', phrase('The path of the helpdesk is correct'), checkScriptAlias],
  ['callback', phrase("The sidecar receives the provider's responses"), checkCallback],
];

export interface ConnectionCheck extends Finding {
  id: string;
  title: Phrase;
}

/** The check's finding, or `unknown` if it fails or takes longer than a page may. */
async function findingOf(
  check: (deps: DoctorDeps) => Promise<Finding>,
  deps: DoctorDeps,
  patience: number,
): Promise<Finding> {
  try {
    return await inTime(check(deps), patience);
  } catch (error) {
    return finding(
      'unknown',
      error instanceof TimeOut
        ? phrase('There is no response yet. Reload the page, or run the doctor.')
        : phrase('This could not be checked. Run the doctor.'),
    );
  }
}

/**
 * What must be true before a mailbox can be connected: the doctor's checks of the redirect URI. A page shows
 * them, so they do not wait for a web server that does not answer.
 * @param patience in milliseconds
 */
export async function connectionChecks(deps: DoctorDeps, patience = PATIENCE): Promise<ConnectionCheck[]> {
  return Promise.all(
    CHECKS.map(async ([id, title, check]) => ({ id, title, ...(await findingOf(check, deps, patience)) })),
  );
}
