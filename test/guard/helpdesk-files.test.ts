import { expect } from 'chai';
import { importedNames, loadsWhole, SOURCES } from './sources.js';

/** Enforces docs/security.md, "Root": only the safe ways read or run what the helpdesk's user may write. */
const FILE_SYSTEM = /^(?:node:)?fs(?:\/promises)?$/;
/** Where files belong to the helpdesk. */
const OF_THE_HELPDESK = /^plugin\/(?:config|helpdesk)\/|^plugin\/install\/(?:site|plan|steps)|^sysconfig\//;

const importers = (module: RegExp, names: RegExp): string[] =>
  SOURCES.filter(
    (file) => loadsWhole(file, module) || importedNames(file, module).some((name) => names.test(name)),
  );

describe('files that the helpdesk’s user may write', () => {
  it('are run by plugin/lib/run-program.ts only: as a user, with a time limit, without a terminal', () => {
    expect(importers(/^(?:node:)?child_process$/, /./)).to.have.members([
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
    const faults = importers(
      FILE_SYSTEM,
      /^(?:readFile|readFileSync|createReadStream|open|openSync|promises)$/,
    ).filter((file) => OF_THE_HELPDESK.test(file));
    // The sidecar's own files, and those of the kernel.
    expect(faults).to.have.members([
      'sysconfig/opm.ts',
      'plugin/helpdesk/away-page.ts',
      'plugin/helpdesk/selinux.ts',
      'plugin/config/open-files.ts',
      // Opens the program's package.json, without reading it.
      'plugin/helpdesk/leave-root.ts',
    ]);
  });

  it('are removed by plugin/lib/remove-files.ts, or with the rights of the helpdesk’s user', () => {
    const faults = importers(FILE_SYSTEM, /^(?:unlink|rm|rmdir)(?:Sync)?$|^promises$/).filter((file) =>
      /^plugin\/(?:config|helpdesk)\/|^sysconfig\//.test(file),
    );
    expect(faults).to.deep.equal([]);
  });
});
