import { type Finding, finding, ok } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { SidecarError } from '../../errors.js';
import { phrase } from '../../lib/phrase.js';

/** Turns our own error into a finding: these checks exist to find exactly that. */
const asFault = (error: unknown): Finding => {
  if (!(error instanceof SidecarError)) throw error;
  return finding('fault', [error.safe, ...error.details]);
};

export async function checkDatabase({ database }: DoctorDeps): Promise<Finding> {
  try {
    const { text, old } = await (await database()).version();
    const reason = phrase('The database responds: %s.', text);
    return old ? finding('warning', [reason, old]) : ok(reason);
  } catch (error) {
    return asFault(error);
  }
}

export async function checkRights({ database }: DoctorDeps): Promise<Finding> {
  const missing = await (await database()).missingRights();
  if (missing.length === 0) return ok(phrase('The database user has all required rights.'));
  return finding(
    'fault',
    phrase("The helpdesk's database user lacks these rights: %s.", missing.slice(0, 10).join(', ')),
    { text: phrase('docs/security.md lists the required rights, each with its GRANT statement.') },
  );
}

const MIGRATE = { command: 'znuny-oauth2 migrate' };

export async function checkSchema({ schema, database, abilities }: DoctorDeps): Promise<Finding> {
  try {
    const { notes } = await schema();
    const pending = await (await database()).pendingMigrations();
    if (pending.length > 0)
      return finding(
        'fault',
        phrase("The sidecar's own tables are not up to date: %s.", pending.join(', ')),
        MIGRATE,
      );
    return notes.length > 0
      ? finding('warning', notes)
      : ok(phrase('All tables have the expected structure.'));
  } catch (error) {
    const found = asFault(error);
    const adds = error instanceof SidecarError && error.code === 'token-tables-missing';
    // A helpdesk with its own tables for tokens must finish its own update: there the command refuses.
    return adds && !(await abilities()).builtIn ? { ...found, remedies: [MIGRATE] } : found;
  }
}
