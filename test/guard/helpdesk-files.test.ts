import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

/** Enforces docs/security.md, "Root": only the safe ways read or run what the helpdesk's user may write. */
const root = path.resolve(import.meta.dirname, '../..');
const sources = ['plugin', 'db', 'sysconfig'].flatMap((top) =>
  readdirSync(path.join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${top}/${file}`),
);
const importers = (module: RegExp, names: RegExp): string[] =>
  sources.filter((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    return [...text.matchAll(/import\s+(?:type\s+)?\{([^}]*)\}\s+from\s+'([^']+)'/g)].some(
      ([, list = '', from = '']) => module.test(from) && names.test(list),
    );
  });

describe('files that the helpdesk’s user may write', () => {
  it('are run by plugin/lib/run-program.ts only: as a user, with a time limit, without a terminal', () => {
    expect(importers(/child_process/, /./)).to.have.members([
      'plugin/lib/run-program.ts',
      // The system's own programs, and `id`.
      'plugin/install/machine.ts',
      'plugin/helpdesk/helpdesk-user.ts',
      'plugin/packaging/apt-sources.ts',
      'plugin/packaging/build-deb.ts',
      'plugin/packaging/build-rpm.ts',
      'plugin/packaging/program-tree.ts',
      'plugin/packaging/require-program.ts',
      'plugin/packaging/build-image.ts',
      'plugin/packaging/image-root.ts',
    ]);
  });

  it('are read by plugin/lib/regular-file.ts only, where they belong to the helpdesk', () => {
    const faults = importers(/^node:fs(\/promises)?$/, /\b(readFile|readFileSync|createReadStream)\b/).filter(
      (file) => /^plugin\/(config|helpdesk)\/|^plugin\/install\/(site|plan|steps)|^sysconfig\//.test(file),
    );
    // The sidecar's own files, and those of the kernel.
    expect(faults).to.have.members([
      'sysconfig/opm.ts',
      'plugin/helpdesk/away-page.ts',
      'plugin/helpdesk/selinux.ts',
      'plugin/config/open-files.ts',
    ]);
  });

  it('are removed by plugin/lib/remove-files.ts, or with the rights of the helpdesk’s user', () => {
    const faults = importers(/^node:fs(\/promises)?$/, /\b(unlink|unlinkSync|rm|rmSync|rmdir)\b/).filter(
      (file) => /^plugin\/(config|helpdesk)\/|^sysconfig\//.test(file),
    );
    expect(faults).to.deep.equal([]);
  });
});
