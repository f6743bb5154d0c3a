import { type Finding, finding, ok } from '../../domain/doctor.js';
import type { DoctorDeps } from '../../domain/doctor-ports.js';
import { phrase } from '../../lib/phrase.js';

const octal = (mode: number) => mode.toString(8).padStart(4, '0');

export async function checkJournal({ stateFolder }: DoctorDeps): Promise<Finding> {
  const found = await stateFolder.look();
  if (!found)
    return finding('unknown', phrase('There is no folder %s yet.', stateFolder.folder), {
      text: phrase("Run this command as the sidecar's user, with the sidecar's SIDECAR_STATE."),
    });
  if (found.unreadable > 0)
    return finding(
      'fault',
      phrase(
        'Answers of providers that can no longer be read: %s. Request new tokens for what has failed since.',
        found.unreadable,
      ),
      { command: `ls -l ${stateFolder.folder}/*.unreadable` },
    );
  if (found.waiting > 0)
    return finding(
      'warning',
      phrase(
        'Answers of providers that wait for the database: %s. If they still wait after a minute, see the log.',
        found.waiting,
      ),
      { command: 'journalctl -u znuny-oauth2 -n 50' },
    );
  return ok(phrase('Nothing waits for the database.'));
}

export async function checkFiles({ stateFolder, helpdesk }: DoctorDeps): Promise<Finding> {
  const [found, config] = await Promise.all([stateFolder.look(), helpdesk.configMode()]);
  const { folder } = stateFolder;
  if (found && (found.mode & 0o077) !== 0)
    return finding(
      'fault',
      phrase('Others may look into %s (%s), where tokens wait for the database.', folder, octal(found.mode)),
      {
        command: `chmod 700 ${folder}`,
      },
    );
  if (found?.keyMode && (found.keyMode & 0o077) !== 0)
    return finding(
      'fault',
      phrase('Others may read %s (%s).', `${folder}/journal.key`, octal(found.keyMode)),
      {
        command: `chmod 600 ${folder}/journal.key`,
      },
    );
  if (found && !found.writable)
    return finding('fault', phrase('%s cannot be written by this user.', folder), {
      text: phrase("Run this command as the sidecar's user, or give the folder to it."),
    });
  if (config !== null && (config & 0o007) !== 0)
    return finding(
      'warning',
      phrase(
        'Everybody on this machine may read %s (%s), which holds the password of the database.',
        'Kernel/Config.pm',
        octal(config),
      ),
      { command: `chmod o= ${helpdesk.home}/Kernel/Config.pm` },
    );
  return ok(phrase('Secrets can be read by their owners only.'));
}
