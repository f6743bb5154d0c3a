import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../lab/instance.js';
import { codeIn, SOURCES } from './sources.js';

/** A predictable name in /tmp may be somebody else's file by the time it is opened, whoever opens it. */
describe('temporary files', () => {
  it('have no fixed name in /tmp, neither in the program nor in a command that it shows', () => {
    const files = ['plugin', 'db', 'sysconfig', 'templates', 'docs'].flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.png'))
        .map((entry) => path.join(entry.parentPath, entry.name)),
    );
    expect(files.length).to.be.greaterThan(200);
    const named = files.filter((file) => /\/tmp\/[\w$]/.test(readFileSync(file, 'utf8')));
    expect(named.map((file) => path.relative(ROOT, file))).to.deep.equal([]);
  });

  it('get a random name where the program creates them', () => {
    const fixed = SOURCES.flatMap((file) => codeIn(file).split(/[;\n]/)).filter(
      (statement) => /\btmpdir\(/.test(statement) && !/\bmkdtemp(?:Sync)?\(/.test(statement),
    );
    expect(fixed).to.deep.equal([]);
  });
});
