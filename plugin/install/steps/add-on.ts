import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildOpm, PACKAGE_NAME, packageFiles } from '../../../sysconfig/opm.js';
import { SidecarError } from '../../errors.js';
import { consoleScript, type HelpdeskConsole } from '../../helpdesk/console.js';
import { asHelpdeskUser } from '../../helpdesk/helpdesk-user.js';
import { readRegularFileSync } from '../../lib/regular-file.js';
import type { Action, Step } from '../action.js';

export interface AddOnOptions {
  /** The helpdesk's folder. */
  home: string;
  /** The sidecar's own folder. */
  root: string;
  /** The sidecar's version. */
  version: string;
  console: HelpdeskConsole;
  /** The user who may run the console, for the instructions. */
  consoleUser: string;
  /** The version of the installed add-on; null without one. */
  installed(): Promise<string | null>;
}

/** Installs the add-on through the helpdesk's own package manager. */
export function addOnStep({ home, root, version, console, consoleUser, installed }: AddOnOptions): Step {
  const files = packageFiles(root).map(({ location, content }) => ({
    file: path.join(home, location),
    content,
  }));
  const isSame = ({ file, content }: { file: string; content: Buffer }): boolean => {
    try {
      return readRegularFileSync(file).equals(content);
    } catch {
      return false;
    }
  };
  const isWhole = () => asHelpdeskUser(home, () => files.every(isSame));

  const withFile = async (command: string): Promise<void> => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'oauth2-sidecar-'));
    try {
      // The helpdesk's user reads it.
      chmodSync(folder, 0o755);
      const file = path.join(folder, `${PACKAGE_NAME}-${version}.opm`);
      writeFileSync(file, buildOpm(root, version), { mode: 0o644 });
      await manage(`Admin::Package::${command}`, file);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const manage = async (...words: string[]): Promise<void> => {
    const output = await console(...words).catch((error: { said?: string; message: string }) => {
      const said = error.said || error.message;
      throw new SidecarError('install-failed', {
        detail: `The helpdesk's console refused ${words[0]}: ${said.split('\n').slice(0, 6).join('\n')}`,
      });
    });
    if (!/Done\.\s*$/.test(output))
      throw new SidecarError('install-failed', {
        detail: `The helpdesk's console did not finish ${words[0]}.`,
      });
  };
  const byHand = (command: string) => [
    // Under a predictable name in /tmp, others could put their own package there (mktemp(1)).
    'folder=$(mktemp -d) && chmod 755 "$folder"',
    `znuny-oauth2 package --output "$folder/${PACKAGE_NAME}.opm"`,
    `su -s /bin/sh -c "${consoleScript(home)} Admin::Package::${command}" ${consoleUser}`,
  ];

  return {
    title: 'Add-on of the helpdesk',
    async todo() {
      const there = await installed();
      if (there === null) {
        // Files copied by hand: the package manager would keep them as backups and restore them one day.
        const copies = files.filter(({ file }) => existsSync(file));
        return [
          ...copies.map(({ file }) => ({
            what: `remove ${file}, copied by hand`,
            // The helpdesk's user can replace the folder by a link at any moment.
            run: async () => asHelpdeskUser(home, () => removeCopy(file)),
          })),
          {
            what: `install the add-on ${PACKAGE_NAME} ${version}`,
            byHand: byHand(`Install $folder/${PACKAGE_NAME}.opm`),
            run: () => withFile('Install'),
          },
        ];
      }
      const order = compareVersions(there, version);
      if (order > 0)
        throw new SidecarError('install-failed', {
          detail: `The helpdesk has the add-on ${PACKAGE_NAME} ${there}, which is newer than this program (${version}). Update the program.`,
        });
      if (order < 0)
        return [
          {
            what: `upgrade the add-on ${PACKAGE_NAME} from ${there} to ${version}`,
            byHand: byHand(`Upgrade $folder/${PACKAGE_NAME}.opm`),
            run: () => withFile('Upgrade'),
          },
        ];
      return isWhole()
        ? []
        : [
            {
              what: `reinstall the add-on ${PACKAGE_NAME} ${version}: a file of it is missing or changed`,
              // Reinstall from our file: the package manager's own copy may come from an earlier build with
              // the same number.
              byHand: byHand(`Reinstall $folder/${PACKAGE_NAME}.opm`),
              run: () => withFile('Reinstall'),
            },
          ];
    },
    async undo(): Promise<Action[]> {
      if ((await installed()) === null) return [];
      return [
        {
          what: `uninstall the add-on ${PACKAGE_NAME}`,
          byHand: byHand(`Uninstall ${PACKAGE_NAME}`).slice(1),
          run: () => manage('Admin::Package::Uninstall', PACKAGE_NAME),
        },
      ];
    },
  };
}

function removeCopy(file: string): void {
  try {
    rmSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SidecarError('install-failed', {
      detail: `The helpdesk's user cannot remove ${file} (${code}). See where its folder leads, and remove the file by hand.`,
      cause: error,
    });
  }
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (const index of [0, 1, 2]) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
