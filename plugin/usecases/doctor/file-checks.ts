import { type Finding, finding, ok } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { phrase } from '../../lib/phrase.js';

const octal = (mode: number) => mode.toString(8).padStart(4, '0');

/** Size of the journal's key, in bytes. */
const KEY_SIZE = 32;

/** The command that helps if the folder cannot be written to, by the code of the failure. */
const LOOK_AT: Record<string, string> = { ENOSPC: 'df -h', EDQUOT: 'df -h', EROFS: 'findmnt -T' };

function unusable(folder: string, code: string): Finding {
  const reason = phrase('A test file could not be written to and read back from %s (%s).', folder, code);
  if (code === 'EACCES' || code === 'EPERM')
    return finding('unknown', reason, {
      text: phrase("Run this command as the sidecar's user, or make that user the owner of the folder."),
    });
  return finding(
    'fault',
    [reason, phrase("Until this works, a crash of the sidecar can lose a provider's response.")],
    { command: `${LOOK_AT[code] ?? 'ls -ld'} ${folder}` },
  );
}

export async function checkJournal({ stateFolder, unit }: DoctorDeps): Promise<Finding> {
  const found = await stateFolder.look();
  if (!found)
    return finding('unknown', phrase('The folder %s does not exist yet.', stateFolder.folder), {
      text: phrase("Run this command as the sidecar's user, with the sidecar's SIDECAR_STATE."),
    });
  const key = `${stateFolder.folder}/journal.key`;
  if (found.keySize !== null && found.keySize !== KEY_SIZE)
    return finding(
      'fault',
      phrase(
        'The key %s has %s bytes instead of %s, so no provider response can be protected.',
        key,
        found.keySize,
        KEY_SIZE,
      ),
      {
        text: phrase(
          'Restore the key. If you have no copy, move the file away: the sidecar creates a new key when it starts.',
        ),
        command: `mv ${key} ${key}.broken; systemctl restart ${unit}`,
      },
    );
  const failure = await stateFolder.probe();
  if (failure !== null) return unusable(stateFolder.folder, failure);
  if (found.unreadable > 0)
    return finding(
      'fault',
      phrase(
        'Provider responses that can no longer be read: %s. Request new tokens for the configurations that have failed since.',
        found.unreadable,
      ),
      { command: `ls -l ${stateFolder.folder}/*.unreadable` },
    );
  if (found.waiting > 0)
    return finding(
      'warning',
      phrase(
        'Provider responses waiting to be stored: %s. If they are still waiting after a minute, check the log.',
        found.waiting,
      ),
      { command: `journalctl -u ${unit} -n 50` },
    );
  return ok(phrase('No response is waiting to be stored.'));
}

export async function checkFiles({ stateFolder, helpdesk, webServer }: DoctorDeps): Promise<Finding> {
  const [found, config] = await Promise.all([stateFolder.look(), helpdesk.configMode()]);
  const { folder } = stateFolder;
  if (found && (found.mode & 0o077) !== 0)
    return finding(
      'fault',
      phrase(
        'Other users can read the folder %s (%s), where tokens wait to be stored.',
        folder,
        octal(found.mode),
      ),
      {
        command: `chmod 700 ${folder}`,
      },
    );
  if (found?.keyMode && (found.keyMode & 0o077) !== 0)
    return finding(
      'fault',
      phrase('Other users can read %s (%s).', `${folder}/journal.key`, octal(found.keyMode)),
      {
        command: `chmod 600 ${folder}/journal.key`,
      },
    );
  if (found && !found.writable)
    return finding('fault', phrase('This user cannot write to %s.', folder), {
      text: phrase("Run this command as the sidecar's user, or make that user the owner of the folder."),
    });
  const rules = webServer.rulesMode();
  if (rules !== null && (rules & 0o004) !== 0)
    return finding(
      'fault',
      phrase(
        'Every user of this machine can read %s (%s), which contains the secret shared by web server and sidecar.',
        webServer.rulesFile,
        octal(rules & 0o7777),
      ),
      { command: `chmod 600 ${webServer.rulesFile}` },
    );
  if (config !== null && (config & 0o007) !== 0)
    return finding(
      'warning',
      phrase(
        'Every user of this machine can read %s (%s), which contains the database password.',
        'Kernel/Config.pm',
        octal(config),
      ),
      { command: `chmod o= ${helpdesk.home}/Kernel/Config.pm` },
    );
  return ok(phrase('Only their owners can read the files that contain secrets.'));
}
