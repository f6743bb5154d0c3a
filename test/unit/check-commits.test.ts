import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { LONGEST_SUBJECT, subjectsSince, tooLong } from '../lab/commands/check-commits.js';

const subject = (length: number): string => 'x'.repeat(length);

describe('the check of commit subjects in make check', () => {
  let folder: string;
  const git = (...args: string[]): string =>
    spawnSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.test', ...args], {
      encoding: 'utf8',
    }).stdout.trim();
  const commit = (text: string): string => {
    git('commit', '--quiet', '--allow-empty', '--message', text);
    return git('rev-parse', 'HEAD');
  };
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'commits-'));
    git('init', '--quiet');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('finds subjects that are too long, among the commits since its base only', () => {
    const base = commit(`old ${subject(100)}`);
    commit(subject(LONGEST_SUBJECT));
    commit(`é${subject(LONGEST_SUBJECT - 1)}`);
    expect(tooLong(subjectsSince(base, folder) ?? ['none'])).to.deep.equal([]);
    commit(subject(LONGEST_SUBJECT + 1));
    expect(tooLong(subjectsSince(base, folder) ?? [])).to.have.length(1);
    expect(subjectsSince(base, folder)).to.have.length(3);
  });

  it('says that it cannot check where the base is missing or there is no repository', () => {
    expect(subjectsSince('0123456789012345678901234567890123456789', folder)).to.equal(null);
    expect(subjectsSince('HEAD', tmpdir())).to.equal(null);
  });
});
