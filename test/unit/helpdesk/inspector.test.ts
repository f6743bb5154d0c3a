import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createHelpdeskInspector } from '../../../plugin/helpdesk/inspector.js';
import type { HelpdeskPerl } from '../../../plugin/helpdesk/perl.js';
import { runProgram } from '../../../plugin/lib/run-program.js';

const OBJECTS = (method: string) => `
package Kernel::System::ObjectManager;
sub new { return bless {}, shift }
sub Get { return bless {}, 'Configs' }
package Configs;
sub ${method} { my ( $Self, %Param ) = @_; return $Param{UserID} ? ( { Name => 'One' }, { Name => 'Two' } ) : () }
1;
`;

describe("the helpdesk's own list of token configurations", () => {
  for (const method of ['DataListGet', 'ConfigGetList'])
    it(`is read where its method is called ${method}`, async () => {
      const home = mkdtempSync(path.join(os.tmpdir(), 'inspector-'));
      mkdirSync(path.join(home, 'Kernel/System'), { recursive: true });
      writeFileSync(path.join(home, 'Kernel/System/ObjectManager.pm'), OBJECTS(method));
      const perl: HelpdeskPerl = (code, { args = [] } = {}) =>
        runProgram({
          command: 'perl',
          args: ['-I', home, '-e', code, ...args],
          cwd: home,
          env: { PATH: process.env.PATH ?? '' },
          answerFrom: 'descriptor',
          limitMs: 60_000,
          maxBytes: 1_000_000,
        });
      try {
        const names = await createHelpdeskInspector(home, perl).tokenConfigNames();
        expect(names).to.deep.equal(['One', 'Two']);
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    }).timeout(60_000);
});
