import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { JournalEntry } from '../../../plugin/domain/ports.js';
import { createAnswerJournal } from '../../../plugin/journal/answer-journal.js';
import { countIn } from '../../../plugin/journal/file-name.js';
import { createSealedFiles } from '../../../plugin/journal/sealed-files.js';
import { seal } from '../../../plugin/lib/seal.js';
import { fixedClock, tokenOf } from '../../support/memory-stores.js';

const entry = (changes: Partial<JournalEntry> = {}): JournalEntry => ({
  configId: 7,
  used: tokenOf(),
  answer: {
    accessToken: 'access-secret',
    refreshToken: 'refresh-secret',
    accessTokenExpiresAt: new Date('2026-11-24T13:00:00Z'),
    refreshTokenExpiresAt: null,
  },
  userId: 1,
  actor: null,
  what: 'renewal',
  receivedAt: new Date('2026-11-24T12:00:00Z'),
  holder: 'sidecar-1',
  ...changes,
});

describe('journal of answers', () => {
  let folder: string;
  let lines: string[];
  const clock = fixedClock();
  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'journal-')), 'state');
    lines = [];
  });
  afterEach(() => rmSync(path.dirname(folder), { recursive: true }));
  const line = (facts: object, message: string) => void lines.push(JSON.stringify([facts, message]));
  const log = { info: line, warn: line, error: line };
  const journal = (isAlive = (_pid: number) => true) => createAnswerJournal({ folder, clock, log, isAlive });
  const files = () => readdirSync(folder).filter((name) => name.endsWith('.answer'));
  /** As if another process had written it. */
  const byAnother = async (pid: number, content = entry()) => {
    const own = journal();
    const id = await own.put(content);
    const [name = ''] = files();
    expect(id).to.equal(`${name}#0`);
    return { id, pid };
  };

  it('lies in a folder of 0700, in files of 0600, encrypted', async () => {
    await journal().put(entry());
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    const names = readdirSync(folder);
    expect(names).to.have.length(2);
    for (const name of names) {
      expect(statSync(path.join(folder, name)).mode & 0o777).to.equal(0o600);
      expect(readFileSync(path.join(folder, name)).toString('latin1')).not.to.match(/secret|access|refresh/);
    }
    expect(readFileSync(path.join(folder, 'journal.key'))).to.have.length(32);
  });

  it("belongs to the folder's owner, whoever wrote it: what a command of root leaves is for the service", async () => {
    const nobody = 65534;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (process.getuid?.() === 0) chownSync(folder, nobody, nobody);
    await journal().put(entry());
    const { uid, gid } = statSync(folder);
    const owners = readdirSync(folder).map((name) => statSync(path.join(folder, name)));
    expect(owners.map((owner) => [owner.uid, owner.gid])).to.deep.equal([
      [uid, gid],
      [uid, gid],
    ]);
  });

  it('gives back what was given up, dates included, until it is removed', async () => {
    const own = journal();
    const id = await own.put(entry());
    expect(await own.left(), 'still at it').to.deep.equal([]);
    own.giveUp(id);
    expect(await own.left()).to.deep.equal([{ id, entry: entry() }]);
    expect(await own.length()).to.equal(1);
    await own.remove(id);
    expect([await own.left(), files()]).to.deep.equal([[], []]);
  });

  it('leaves the entries of living processes alone, and takes over those of dead and forgotten ones', async () => {
    await byAnother(1);
    const [name = ''] = files();
    const other = name.replace(`-${process.pid}-`, '-999999-');
    // Another name would not open: the name is bound to the content.
    expect(await journal((pid) => pid !== 999999).left()).to.have.length(1);
    const alive = createAnswerJournal({
      folder,
      clock,
      log,
      isAlive: () => true,
    });
    writeFileSync(path.join(folder, other), readFileSync(path.join(folder, name)));
    rmSync(path.join(folder, name));
    expect(await alive.left(), 'at it').to.deep.equal([]);
    expect(files()).to.deep.equal([other]);
    clock.advance(151);
    expect(await alive.left(), 'a renamed file is no entry').to.deep.equal([]);
    expect(files()).to.deep.equal([]);
    clock.advance(-151);
  });

  it('keeps what cannot be read, and says so once', async () => {
    const own = journal();
    const id = await own.put(entry());
    own.giveUp(id);
    const [name = ''] = files();
    truncateSync(path.join(folder, name), 40);
    expect(await own.left()).to.deep.equal([]);
    expect(await own.left()).to.deep.equal([]);
    expect(lines).to.deep.equal([JSON.stringify([{ name }, 'an entry of the journal cannot be read'])]);
    expect(readdirSync(folder)).to.include(`${name}.unreadable`);
  });

  it('is no obstacle where it cannot be written, and forgets nothing even then', async () => {
    const own = journal();
    rmSync(folder, { recursive: true });
    const id = await own.put(entry());
    expect(lines).to.deep.equal([JSON.stringify([{ fault: 'ENOENT' }, 'the journal cannot be written'])]);
    mkdirSync(folder);
    expect([await own.length(), await own.left()], 'still at it').to.deep.equal([1, []]);
    own.giveUp(id);
    expect(await own.left()).to.deep.equal([{ id, entry: entry() }]);
    await own.remove(id);
    expect([await own.length(), await own.left()]).to.deep.equal([0, []]);
  });

  it('offers what cannot be stored once an hour', async () => {
    const own = journal();
    const id = await own.put(entry());
    own.giveUp(id);
    await own.postpone(id);
    expect([await own.left(), await own.length()]).to.deep.equal([[], 1]);
    clock.advance(3601);
    expect(await own.left()).to.deep.equal([{ id, entry: entry() }]);
    clock.advance(-3601);
  });

  it('writes what arrives together into one file, which is removed when all of it is settled', async () => {
    const own = journal();
    const ids = await Promise.all([1, 2, 3].map((configId) => own.put(entry({ configId }))));
    expect([new Set(ids).size, files().length, await own.length()]).to.deep.equal([3, 1, 3]);
    const [name = ''] = files();
    expect(readFileSync(path.join(folder, name)).toString('latin1')).not.to.match(/secret|access|refresh/);
    const [first = '', second = '', third = ''] = ids;
    await own.remove(second);
    own.giveUp(third);
    expect(await own.left(), 'the first is still at work').to.deep.equal([
      { id: third, entry: entry({ configId: 3 }) },
    ]);
    await own.remove(first);
    expect([files().length, await own.length()]).to.deep.equal([1, 1]);
    await own.remove(third);
    expect([files(), await own.left(), await own.length()]).to.deep.equal([[], [], 0]);
  });

  it('what arrives while a file is being written waits for the next one', async () => {
    const own = journal();
    const first = own.put(entry({ configId: 1 }));
    await new Promise(setImmediate);
    const others = [2, 3, 4].map((configId) => own.put(entry({ configId })));
    const ids = await Promise.all([first, ...others]);
    expect(files().map(countIn).sort()).to.deep.equal([1, 3]);
    for (const id of ids) own.giveUp(id);
    expect((await own.left()).map(({ entry: { configId } }) => configId).sort()).to.deep.equal([1, 2, 3, 4]);
  });

  it('offers all of a file whose process died, settled ones too, until the next one has settled them', async () => {
    const own = journal();
    const [first = ''] = await Promise.all([1, 2, 3].map((configId) => own.put(entry({ configId }))));
    await own.remove(first);
    const next = journal(() => false);
    const left = await next.left();
    expect(left.map(({ entry: { configId } }) => configId)).to.deep.equal([1, 2, 3]);
    for (const { id } of left.slice(1)) await next.remove(id);
    expect((await next.left()).map(({ id }) => id)).to.deep.equal([first]);
    await next.remove(first);
    expect([files(), await next.length()]).to.deep.equal([[], 0]);
  });

  it('reads files of one answer as versions before wrote them', async () => {
    const own = journal();
    own.giveUp(await own.put(entry({ configId: 2 })));
    const name = `${clock().getTime() - 1000}-999999-0b7c5f3e-7f0e-4c39-9a55-1b9f3d2f8a10.answer`;
    const key = readFileSync(path.join(folder, 'journal.key'));
    writeFileSync(path.join(folder, name), seal(key, JSON.stringify(entry({ configId: 1 })), name));
    const next = journal(() => false);
    expect((await next.left()).map((found) => found.entry)).to.deep.equal([
      entry({ configId: 1 }),
      entry({ configId: 2 }),
    ]);
    expect(await next.length()).to.equal(2);
    for (const { id } of await next.left()) await next.remove(id);
    expect(files()).to.deep.equal([]);
  });

  it('an entry that cannot be stored gets a file of its own, and keeps none of the others', async () => {
    const own = journal();
    const ids = await Promise.all([1, 2, 3].map((configId) => own.put(entry({ configId }))));
    const [shared] = files();
    const [first = '', second = '', third = ''] = ids;
    own.giveUp(second);
    await own.postpone(second);
    await own.remove(first);
    await own.remove(third);
    expect([files().map(countIn), files().includes(shared ?? '')]).to.deep.equal([[1], false]);
    expect([await own.left(), await own.length()]).to.deep.equal([[], 1]);
    clock.advance(3601);
    expect((await own.left()).map((found) => found.entry)).to.deep.equal([entry({ configId: 2 })]);
    clock.advance(-3601);
  });

  it('a disk that is full then: it stays where it is, and none of them is forgotten', async () => {
    const real = createSealedFiles(folder);
    let full = false;
    const write: typeof real.write = async (...given) =>
      full
        ? Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }))
        : real.write(...given);
    const own = createAnswerJournal({ folder, clock, log, files: { ...real, write } });
    const ids = await Promise.all([1, 2].map((configId) => own.put(entry({ configId }))));
    const [first = '', second = ''] = ids;
    const before = files();
    full = true;
    own.giveUp(second);
    await own.postpone(second);
    await own.remove(first);
    expect([files(), await own.left(), await own.length()]).to.deep.equal([before, [], 1]);
    expect(lines).to.deep.equal([JSON.stringify([{ fault: 'ENOSPC' }, 'the journal cannot be written'])]);
    clock.advance(3601);
    expect(await own.left()).to.deep.equal([{ id: second, entry: entry({ configId: 2 }) }]);
    clock.advance(-3601);
    const third = await own.put(entry({ configId: 3 }));
    expect([files(), await own.length()], 'in memory').to.deep.equal([before, 2]);
    await Promise.all([own.remove(second), own.remove(third)]);
    expect([files(), await own.length()]).to.deep.equal([[], 0]);
  });

  it('a settled entry that the disk does not let go of is settled all the same, and removed later', async () => {
    const real = createSealedFiles(folder);
    let readOnly = true;
    const remove: typeof real.remove = async (name) =>
      readOnly
        ? Promise.reject(Object.assign(new Error('read-only file system'), { code: 'EROFS' }))
        : real.remove(name);
    const own = createAnswerJournal({ folder, clock, log, files: { ...real, remove } });
    await own.remove(await own.put(entry()));
    expect([await own.left(), await own.length(), files().length]).to.deep.equal([[], 0, 1]);
    expect(lines.every((text) => text.includes('"fault":"EROFS"'))).to.equal(true);
    readOnly = false;
    expect([await own.left(), files()]).to.deep.equal([[], []]);
  });

  it('many that the disk refused together are kept in memory, each until it is settled', async () => {
    const own = journal();
    rmSync(folder, { recursive: true });
    const ids = await Promise.all([1, 2].map((configId) => own.put(entry({ configId }))));
    expect(lines).to.have.length(1);
    mkdirSync(folder);
    for (const id of ids) own.giveUp(id);
    expect((await own.left()).map((found) => found.entry)).to.deep.equal([
      entry({ configId: 1 }),
      entry({ configId: 2 }),
    ]);
    await own.remove(ids[0] ?? '');
    expect([await own.length(), (await own.left()).length]).to.deep.equal([1, 1]);
    await own.remove(ids[1] ?? '');
    expect([await own.length(), await own.left()]).to.deep.equal([0, []]);
  });

  it('two processes that start together have one key', () => {
    journal();
    const key = readFileSync(path.join(folder, 'journal.key'));
    journal();
    expect(readFileSync(path.join(folder, 'journal.key')).equals(key)).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(['journal.key']);
  });
});
