import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../lab/instance.js';
import { filesOf, read } from './sources.js';

const text = read('docs/architecture.md');
const files = filesOf(['plugin', 'db', 'sysconfig', 'test'], '');
/** The names in backticks. A name may leave out the folders in which the text is just then. */
const names = [...text.matchAll(/`([\w./-]+)`/g)].map(([, name = '']) => name);

describe('docs/architecture.md', () => {
  it('names only sources that exist', () => {
    const sources = names.filter((name) => /\.c?ts$/.test(name));
    expect(sources.length).to.be.greaterThan(60);
    expect(sources.filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)))).to.deep.equal(
      [],
    );
  });

  it('has a row for each folder and file directly below plugin/, and names each subject of the domain', () => {
    const [, table = ''] = /## Folders\n([\s\S]*?)\n## /.exec(text) ?? [];
    const parts = readdirSync(path.join(ROOT, 'plugin'), { withFileTypes: true }).map(
      (entry) => `\`plugin/${entry.name}${entry.isDirectory() ? '/' : ''}\``,
    );
    expect(parts.filter((part) => !table.includes(part))).to.deep.equal([]);
    const row = table.split('\n').find((line) => line.startsWith('| `plugin/domain/`')) ?? '';
    const subjects = readdirSync(path.join(ROOT, 'plugin/domain')).filter((name) => !name.includes('.'));
    expect(subjects.filter((subject) => !row.includes(`\`${subject}\``))).to.deep.equal([]);
  });
});
