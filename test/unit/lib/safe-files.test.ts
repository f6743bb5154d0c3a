import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createSessionFiles } from '../../../plugin/helpdesk/session-files.js';
import { ownerOnTheWay, writableByOthers } from '../../../plugin/lib/file-owner.js';
import { readRegularFile, readRegularFileSync } from '../../../plugin/lib/regular-file.js';
import { removeFiles } from '../../../plugin/lib/remove-files.js';
import { settingsReader } from '../../support/samples.js';

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
};

describe('files in folders of other users', () => {
  let folder: string;
  const at = (...names: string[]) => path.join(folder, ...names);
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'safe-files-'));
    writeFileSync(at('file'), 'content');
    symlinkSync(at('file'), at('link'));
    execFileSync('mkfifo', [at('pipe')]);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are read only where they are regular files, so that reading never blocks', async () => {
    expect(readRegularFileSync(at('file')).toString()).to.equal('content');
    expect((await readRegularFile(at('link'))).toString()).to.equal('content');
    expect(codeOf(() => readRegularFileSync(at('pipe')))).to.equal('ENOTREG');
    expect(codeOf(() => readRegularFileSync('/dev/zero'))).to.equal('ENOTREG');
    expect(codeOf(() => readRegularFileSync(folder))).to.equal('ENOTREG');
    expect(codeOf(() => readRegularFileSync(at('file'), { maxBytes: 6 }))).to.equal('EFBIG');
    expect(codeOf(() => readRegularFileSync(at('link'), { followsLinks: false }))).to.equal('ENOTREG');
    const refusals = await Promise.all(
      [readRegularFile(at('pipe')), readRegularFile(at('link'), { followsLinks: false })].map((reading) =>
        reading.catch((error: NodeJS.ErrnoException) => error.code),
      ),
    );
    expect(refusals).to.deep.equal(['ENOTREG', 'ENOTREG']);
  });

  it('hold no session where they are pipes or links', async () => {
    const sessions = createSessionFiles({
      settings: settingsReader({ SessionDir: folder }),
      home: '/nowhere',
    });
    execFileSync('mkfifo', [at('Data-pipe')]);
    symlinkSync('/etc/hostname', at('Data-link'));
    expect([await sessions.read('pipe'), await sessions.read('link')]).to.deep.equal([null, null]);
  });

  it('are removed without following links; folders stay', async () => {
    mkdirSync(at('outside'));
    writeFileSync(at('outside', 'kept'), 'x');
    mkdirSync(at('cache', 'e', '0'), { recursive: true });
    writeFileSync(at('cache', 'e', '0', 'entry'), 'x');
    symlinkSync(at('outside'), at('cache', 'folder'));
    symlinkSync(at('outside', 'kept'), at('cache', 'e', 'link'));
    execFileSync('mkfifo', [at('cache', 'pipe')]);
    await removeFiles(at('cache'));
    expect(execFileSync('find', ['.', '-not', '-type', 'd'], { cwd: at('cache') }).toString()).to.equal('');
    expect(existsSync(at('cache', 'e', '0'))).to.equal(true);
    expect(readFileSync(at('outside', 'kept'), 'utf8')).to.equal('x');
    symlinkSync(at('outside'), at('type'));
    await removeFiles(at('type'));
    expect(existsSync(at('outside', 'kept')), 'a type that is a link').to.equal(true);
    expect(lstatSync(at('type')).isSymbolicLink()).to.equal(true);
    await removeFiles(at('nowhere'));
  });

  it('belong to the owner of the first part of their path that is not root’s', () => {
    expect(ownerOnTheWay('/')).to.deep.equal({ uid: 0, gid: 0 });
    expect(ownerOnTheWay('/nowhere/file')).to.equal(null);
    if (process.getuid?.() !== 0) return expect(ownerOnTheWay(at('file'))?.uid).to.equal(process.getuid?.());
    // Another user's link to a file of root counts as theirs.
    mkdirSync(at('theirs'));
    symlinkSync('/etc/hostname', at('theirs', 'link'));
    execFileSync('chown', ['-h', '33:33', at('theirs', 'link')]);
    expect(ownerOnTheWay(at('theirs', 'link'))).to.deep.equal({ uid: 33, gid: 33 });
    execFileSync('chown', ['33:33', at('theirs')]);
    writeFileSync(at('theirs', 'of-root'), '');
    expect(ownerOnTheWay(at('theirs', 'of-root'))?.uid, 'could have been put there').to.equal(33);
    return expect(ownerOnTheWay(at('file'))?.uid).to.equal(0);
  });

  it('are refused with the part of their path that others may write', () => {
    if (process.getuid?.() !== 0) return;
    expect(writableByOthers(at('file'), [])).to.equal(null);
    execFileSync('chmod', ['o+w', at('file')]);
    expect(writableByOthers(at('file'), [])).to.equal(at('file'));
    expect(writableByOthers(at('link'), []), 'behind a link').to.equal(at('file'));
    execFileSync('chmod', ['644', at('file')]);
    execFileSync('chmod', ['777', folder]);
    expect(writableByOthers(at('file'), [])).to.equal(folder);
    execFileSync('chmod', ['775', folder]);
    execFileSync('chown', ['0:33', folder]);
    expect(writableByOthers(at('file'), [])).to.equal(folder);
    expect(writableByOthers(at('file'), [{ uid: 5, gid: 33 }]), 'a group that is trusted').to.equal(null);
    execFileSync('chown', ['33:33', folder]);
    expect(writableByOthers(at('file'), [])).to.equal(folder);
  });
});
