import { mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createSealedFiles } from '../../../plugin/journal/sealed-files.js';

const MINUTE = 60_000;

describe('the list of the journal’s files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'journal-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const make = (name: string) => writeFileSync(path.join(folder, name), '');
  const changedAt = (time: Date) => utimesSync(folder, time, time);
  const names = async (files: ReturnType<typeof createSealedFiles>) => [...(await files.names())].sort();

  it('contains at once what another process adds, renames or removes, within one tick of the clock, too', async () => {
    const files = createSealedFiles(folder);
    const own = await names(files);
    make('one');
    const time = statSync(folder).mtime;
    expect(await names(files)).to.deep.equal([...own, 'one'].sort());
    make('two');
    changedAt(time);
    expect(await names(files)).to.deep.equal([...own, 'one', 'two'].sort());
    renameSync(path.join(folder, 'one'), path.join(folder, 'three'));
    changedAt(time);
    expect(await names(files)).to.deep.equal([...own, 'three', 'two'].sort());
    rmSync(path.join(folder, 'two'));
    changedAt(time);
    expect(await names(files)).to.deep.equal([...own, 'three'].sort());
  });

  it('is read again after a change only', async () => {
    const files = createSealedFiles(folder);
    const before = new Date(Date.now() - MINUTE);
    changedAt(before);
    const own = await names(files);
    make('one');
    changedAt(before);
    // This time says that nothing has changed.
    expect(await names(files)).to.deep.equal(own);
    changedAt(new Date(before.getTime() + 1));
    expect(await names(files)).to.deep.equal([...own, 'one'].sort());
  });

  it('is read each time while the folder was changed in the future, by a clock that was set back since', async () => {
    const files = createSealedFiles(folder);
    const later = new Date(Date.now() + MINUTE);
    changedAt(later);
    const own = await names(files);
    make('one');
    changedAt(later);
    expect(await names(files)).to.deep.equal([...own, 'one'].sort());
  });
});
