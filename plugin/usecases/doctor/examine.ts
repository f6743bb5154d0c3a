import { CHECKS, type CheckId, type Diagnosis, type Finding, finding } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { SidecarError } from '../../errors.js';
import { inTime } from '../../lib/in-time.js';
import { type Phrase, phrase } from '../../lib/phrase.js';
import { checkAlerts } from './alert-check.js';
import { checkBuiltIn } from './built-in-check.js';
import { checkDatabase, checkRights, checkSchema } from './database-checks.js';
import { checkDueList } from './due-list-check.js';
import { checkFiles, checkJournal } from './file-checks.js';
import {
  checkAddOn,
  checkClock,
  checkCookies,
  checkFqdn,
  checkHelpdesk,
  checkHttpType,
  checkScriptAlias,
  checkVersion,
} from './helpdesk-checks.js';
import { checkMail } from './mail-check.js';
import { checkPasswords } from './password-check.js';
import { checkCaches, checkDaemon, checkImap, checkPop3, checkSmtp } from './perl-checks.js';
import { checkRelay } from './relay-check.js';
import { checkSecrets } from './secret-checks.js';
import { checkSelinux } from './selinux-check.js';
import { checkConfigs, checkProviders } from './token-checks.js';
import { checkAddress, checkCallback, checkSidecar } from './web-checks.js';

const RUN: Record<CheckId, (deps: DoctorDeps) => Promise<Finding>> = {
  helpdesk: checkHelpdesk,
  version: checkVersion,
  database: checkDatabase,
  rights: checkRights,
  schema: checkSchema,
  'http-type': checkHttpType,
  fqdn: checkFqdn,
  'script-alias': checkScriptAlias,
  sidecar: checkSidecar,
  callback: checkCallback,
  address: checkAddress,
  cookies: checkCookies,
  clock: checkClock,
  pop3: checkPop3,
  smtp: checkSmtp,
  imap: checkImap,
  caches: checkCaches,
  daemon: checkDaemon,
  providers: checkProviders,
  configs: checkConfigs,
  secrets: checkSecrets,
  journal: checkJournal,
  files: checkFiles,
  'add-on': checkAddOn,
  'due-list': checkDueList,
  'built-in': checkBuiltIn,
  alerts: checkAlerts,
  mail: checkMail,
  passwords: checkPasswords,
  selinux: checkSelinux,
  relay: checkRelay,
};

/** The only check that writes to the helpdesk; it undoes its change. */
const WRITING: CheckId = 'caches';

const IDS = Object.keys(CHECKS) as CheckId[];

/** Milliseconds that a check may take. */
const LIMIT = 25_000;
/** Perl takes half a second of CPU time, and the helpdesk must not suffer. */
const AT_A_TIME = 3;

export interface ExamineOptions {
  /** Only these checks. */
  only?: CheckId[];
  /** Writes nothing anywhere. */
  readOnly?: boolean;
  limit?: number;
}

/** Reports an error that prevented the check itself. */
function unknownBecause(error: unknown): Finding {
  const known = error instanceof SidecarError && error.code !== 'internal';
  return known
    ? finding('unknown', [error.safe, ...error.details])
    : finding(
        'unknown',
        phrase('The check itself failed (%s).', error instanceof Error ? error.name : typeof error),
      );
}

const within = (work: Promise<Finding>, limit: number): Promise<Finding> =>
  inTime(work.catch(unknownBecause), limit).catch(() =>
    finding('unknown', phrase('The check did not finish within %s s.', Math.round(limit / 1000))),
  );

/** Why the sidecar does not support this helpdesk, and whether only its database shows it. */
export interface Refusal {
  reason: Phrase[];
  isOfDatabase: boolean;
}

/** @returns null for a supported helpdesk, and for one whose database does not answer now */
export async function refusalOf({ recognise, database }: DoctorDeps): Promise<Refusal | null> {
  for (const ask of [recognise, database])
    try {
      await ask();
    } catch (error) {
      if (!(error instanceof SidecarError)) throw error;
      if (error.code === 'helpdesk-unsupported')
        return { reason: [error.safe, ...error.details], isOfDatabase: ask === database };
    }
  return null;
}

/** The finding for an unsupported helpdesk, on which no check is run. */
function leftOut(id: CheckId, { reason, isOfDatabase }: Refusal): Finding {
  if (id === 'version' || (id === 'database' && isOfDatabase)) return finding('fault', reason);
  return finding('unknown', 'Not examined, because the sidecar does not support this helpdesk.');
}

/**
 * Runs the checks, a few at a time, independently of each other. Returns them in the order of their numbers.
 */
export async function examine(
  deps: DoctorDeps,
  { only = IDS, limit = LIMIT, readOnly = false }: ExamineOptions = {},
): Promise<Diagnosis[]> {
  const refusal = await refusalOf(deps);
  const done: Diagnosis[] = [];
  const todo = IDS.filter((id) => only.includes(id) && (id !== WRITING || !readOnly));
  const given = readOnly ? { ...deps, stateFolder: { ...deps.stateFolder, probe: async () => null } } : deps;
  const worker = async () => {
    for (let id = todo.shift(); id; id = todo.shift()) {
      const begun = performance.now();
      const found = refusal && id !== 'helpdesk' ? leftOut(id, refusal) : await within(RUN[id](given), limit);
      done.push({ ...CHECKS[id], id, ...found, ms: Math.round(performance.now() - begun) });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return done.sort((left, right) => left.number - right.number);
}
