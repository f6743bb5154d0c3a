import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { SidecarError } from '../../../plugin/errors.js';
import { KEY_FILE, keyOf } from '../../../plugin/journal/journal-key.js';
import { probeFolder } from '../../../plugin/journal/probe.js';
import { createStateFolderInspector } from '../../../plugin/journal/state-folder.js';

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'journal-key-'));
  folder = path.join(parent, 'state');
});
afterEach(() => rmSync(parent, { recursive: true }));

function refusal(work: () => unknown): SidecarError {
  try {
    work();
  } catch (error) {
    if (error instanceof SidecarError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe("the journal's key", () => {
  it('is made once and readable by its owner only', () => {
    const key = keyOf(folder);
    expect(key).to.have.length(32);
    expect(keyOf(folder)).to.deep.equal(key);
    expect(statSync(path.join(folder, KEY_FILE)).mode & 0o777).to.equal(0o600);
    expect(readdirSync(folder)).to.deep.equal([KEY_FILE]);
  });

  it('is refused with its path when it is empty, and not replaced', () => {
    keyOf(folder);
    writeFileSync(path.join(folder, KEY_FILE), '');
    const error = refusal(() => keyOf(folder));
    expect([error.code, error.detail]).to.deep.equal([
      'journal-unusable',
      `The key ${folder}/journal.key has 0 bytes instead of 32. Run "znuny-oauth2 doctor --only journal" to see what to do.`,
    ]);
    expect(readFileSync(path.join(folder, KEY_FILE))).to.have.length(0);
  });

  it('is refused with its folder and the cause when it cannot be made', () => {
    writeFileSync(folder, 'a file where the folder should be');
    const error = refusal(() => keyOf(folder));
    expect([error.code, error.log]).to.deep.equal([
      'journal-unusable',
      `The folder is ${folder}, where this failed: ${folder} (EEXIST). Run "znuny-oauth2 doctor --only journal" to see what to do.`,
    ]);
  });
});

describe("the probe of the journal's folder", () => {
  it('writes, reads back and leaves nothing behind', async () => {
    keyOf(folder);
    expect(await createStateFolderInspector(folder).probe()).to.equal(null);
    expect(await probeFolder(folder, null)).to.equal(null);
    expect(readdirSync(folder)).to.deep.equal([KEY_FILE]);
  });

  it('says why a file cannot be written', async () => {
    expect(await probeFolder(folder, null)).to.equal('ENOENT');
    // Accepts no write from anybody.
    expect(await probeFolder('/proc/self', null)).to.equal('ENOENT');
    writeFileSync(folder, '');
    chmodSync(folder, 0o600);
    expect(await probeFolder(folder, null)).to.equal('ENOTDIR');
  });
});
