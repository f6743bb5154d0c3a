import { statSync } from 'node:fs';
import path from 'node:path';
import { SidecarError } from '../errors.js';
import type { ProgramEnd } from '../lib/run-program.js';
import { configFiles, deploymentCopy, fingerprintOf } from './helpdesk-files.js';
import { isHash, type SettingHash, type SettingsSource } from './setting-values.js';
import { SETTINGS_PROGRAM } from './settings-program.js';

/** Runs Perl as plugin/helpdesk/perl.ts does. */
export type RunPerl = (
  code: string,
  options: { args: string[]; input?: string; limitMs: number },
) => Promise<ProgramEnd>;

/** Milliseconds; the helpdesk's Perl takes about 100. */
const LIMIT = 20_000;
/** The most files that Config.pm may load in addition. */
const MOST_FILES = 100;

/**
 * Reads the settings that the helpdesk's own Kernel::Config computes from its defaults, from Kernel/Config.pm
 * with any Perl in it, and from the files in Kernel/Config/Files. Reads them again when one of these files
 * changes.
 * @param home HELPDESK_HOME
 */
export function createPerlSettings(home: string, perl: RunPerl): SettingsSource {
  let loaded: string[] = [];
  let known: { fingerprint: string; settings: Promise<SettingHash> } | null = null;
  const fingerprint = () => fingerprintOf([...new Set([...configFiles(home), ...loaded])]);

  async function run(deployment?: string): Promise<SettingHash> {
    if (isMissing(home)) throw missing(home);
    const given = deployment === undefined ? {} : { input: deployment };
    const end = await perl(SETTINGS_PROGRAM, {
      args: [home, deployment === undefined ? '' : '1'],
      limitMs: LIMIT,
      ...given,
    });
    const { settings, files } = answerOf(end, home);
    loaded = files;
    return settings;
  }

  return {
    fingerprint,
    deployment: () => deploymentCopy(home),
    read(deployment) {
      if (deployment !== undefined) return run(deployment);
      const before = fingerprint();
      if (known?.fingerprint === before) return known.settings;
      const asked = [...new Set([...configFiles(home), ...loaded])];
      const settings = run().then((found) => {
        // Includes the files that this run has found, unless one was written meanwhile.
        if (known?.settings === settings && fingerprintOf(asked) === before)
          known = { fingerprint: fingerprint(), settings };
        return found;
      });
      known = { fingerprint: before, settings };
      settings.catch(() => {
        if (known?.settings === settings) known = null;
      });
      return settings;
    },
  };
}

function answerOf(end: ProgramEnd, home: string): { settings: SettingHash; files: string[] } {
  const file = path.join(home, 'Kernel/Config.pm');
  if (end.stopped === 'not-found') throw unreadable(NO_PERL);
  if (end.stopped === 'time')
    throw unreadable(
      `The helpdesk's Perl did not end within ${LIMIT / 1000} s. See what ${file} and the files in Kernel/Config/Files wait for.`,
    );
  // Perl's working directory is the helpdesk's folder.
  if (end.stopped === 'not-started') throw denied(file);
  if (end.stopped !== null) throw unreadable(`The helpdesk's Perl could not be run (${end.stopped}).`);
  const answer = parse(end.answer);
  if (answer === null)
    throw unreadable(
      `The helpdesk's Perl ended before its configuration was read. See whether ${file} or a file in Kernel/Config/Files ends the program.`,
    );
  const { settings, files, fault, file: place, line } = answer;
  if (isHash(settings))
    return {
      settings,
      files: (Array.isArray(files) ? files : [])
        .filter((name): name is string => typeof name === 'string')
        .slice(0, MOST_FILES),
    };
  if (fault === 'missing') throw missing(home);
  if (fault === 'denied') throw denied(file);
  const where = place ? ` (${place}, line ${line})` : '';
  throw unreadable(
    `The helpdesk's own Perl cannot load Kernel/Config.pm${where}. To see why, as the helpdesk's user: cd ${home} && perl -I. -IKernel/cpan-lib -ICustom -MKernel::Config -e 'Kernel::Config->new'`,
  );
}

/** Does the folder not exist, as far as we may see? */
function isMissing(home: string): boolean {
  try {
    return !statSync(home, { throwIfNoEntry: false });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}

const missing = (home: string) =>
  unreadable(`There is no Kernel/Config.pm under ${home}. HELPDESK_HOME must be the helpdesk's folder.`);
const denied = (file: string) =>
  unreadable(`No permission to read ${file}. Run the sidecar as the helpdesk's user, or in its group.`);

const NO_PERL =
  'There is no perl beside the sidecar. Install it, or give the settings in the environment or in a file: docs/install.md, "Without Perl".';

function parse(text: string): SettingHash | null {
  try {
    const answer: unknown = JSON.parse(text);
    return isHash(answer) ? answer : null;
  } catch {
    return null;
  }
}

const unreadable = (detail: string): SidecarError => new SidecarError('config-unreadable', { detail });
