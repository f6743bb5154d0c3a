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
import type { JournalEntry } from '../../../plugin/domain/token/answer-journal.js';
import { createAnswerJournal } from '../../../plugin/journal/answer-journal.js';
import { splitFrames } from '../../../plugin/journal/frames.js';
import { createSealedFiles } from '../../../plugin/journal/sealed-files.js';
import { seal } from '../../../plugin/lib/seal.js';
import { until } from '../../lab/ports.js';
import { fixedClock } from '../../support/fixed-clock.js';
import { tokenOf } from '../../support/samples.js';

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

describe('the journal of answers', () => {
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
  const journal = (hasEnded: () => boolean | null = () => false) =>
    createAnswerJournal({ folder, clock, log, hasEnded });
  const files = () => readdirSync(folder).filter((name) => name.endsWith('.answers'));
  const countIn = (name: string) => splitFrames(readFileSync(path.join(folder, name))).frames.length;
  const later = (seconds: number) => {
    clock.advance(seconds);
    return () => clock.advance(-seconds);
  };

  it('is a folder with mode 0700 and encrypted files with mode 0600', async () => {
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

  it('gives each file to the owner of the folder, so that the service can read what a command of root left', async () => {
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

  it('returns an answer that was given up, dates included, until it is removed', async () => {
    const own = journal();
    const id = await own.put(entry());
    expect(await own.left(), 'still at it').to.deep.equal([]);
    own.giveUp(id);
    expect(await own.left()).to.deep.equal([{ id, entry: entry() }]);
    expect(await own.length()).to.equal(1);
    await own.remove(id);
    expect([await own.left(), files()]).to.deep.equal([[], []]);
  });

  for (const [what, ended, atOnce] of [
    ['lives', false, false],
    ['cannot be told', null, false],
    ['has ended', true, true],
  ] as const)
    it(`takes over an answer left by a process that ${what}: ${atOnce ? 'at once' : 'after 30 s'}`, async () => {
      await journal().put(entry());
      const next = journal(() => ended);
      expect((await next.left()).length).to.equal(atOnce ? 1 : 0);
      expect(await next.length()).to.equal(1);
      const back = later(31);
      expect((await next.left()).map((found) => found.entry)).to.deep.equal([entry()]);
      back();
    });

  it('reads a truncated file up to the cut, sets the rest aside, and says so once', async () => {
    const ids = await Promise.all([1, 2].map((configId) => journal().put(entry({ configId }))));
    expect(ids).to.have.length(2);
    for (const name of files()) rmSync(path.join(folder, name));
    const own = journal();
    await Promise.all([1, 2].map((configId) => own.put(entry({ configId }))));
    const [name = ''] = files();
    truncateSync(path.join(folder, name), statSync(path.join(folder, name)).size - 5);
    const next = journal(() => true);
    expect(await next.left()).to.deep.equal([]);
    expect((await next.left()).map((found) => found.entry)).to.deep.equal([entry({ configId: 1 })]);
    expect(lines).to.deep.equal([JSON.stringify([{ name }, 'an entry of the journal cannot be read'])]);
    expect(readdirSync(folder)).to.include(`${name}.unreadable`);
    expect([await next.length(), await next.unreadable()]).to.deep.equal([1, 1]);
  });

  it('keeps a file that it cannot decrypt, and says so once', async () => {
    await journal().put(entry());
    const [name = ''] = files();
    truncateSync(path.join(folder, name), 40);
    const next = journal(() => true);
    expect(await next.left()).to.deep.equal([]);
    expect(await next.left()).to.deep.equal([]);
    expect(lines).to.deep.equal([JSON.stringify([{ name }, 'an entry of the journal cannot be read'])]);
    expect(readdirSync(folder)).to.include(`${name}.unreadable`);
    expect([await next.length(), await next.unreadable()]).to.deep.equal([0, 1]);
  });

  for (const name of ['1795500000000-123.400000000.answer', '1795500000000-123.400000000.answers'])
    it(`does not read a file that no journal can have written, however it is named: ${name}`, async () => {
      const own = journal(() => true);
      const file = path.join(folder, name);
      writeFileSync(file, '');
      // More than one read can take; it has no blocks on the disk.
      truncateSync(file, 3 * 1024 ** 3);
      expect(await own.left()).to.deep.equal([]);
      expect(readdirSync(folder)).to.include(`${name}.unreadable`);
      expect([own.isLocked(), await own.unreadable()]).to.deep.equal([false, 1]);
    });

  it('reports a file that it has no right to read once, counts it, and reads it as soon as it may', async () => {
    await journal().put(entry());
    const real = createSealedFiles(folder);
    let forbidden = true;
    const read: typeof real.read = (name) =>
      forbidden
        ? Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' }))
        : real.read(name);
    const next = createAnswerJournal({
      folder,
      clock,
      log,
      hasEnded: () => true,
      files: { ...real, read },
    });
    for (let look = 0; look < 2; look++) expect(await next.left()).to.deep.equal([]);
    const [name] = files();
    const said = [{ name, fault: 'EACCES' }, 'an entry of the journal cannot be read'];
    expect(lines).to.deep.equal([JSON.stringify(said)]);
    expect(await next.unreadable()).to.equal(1);
    forbidden = false;
    expect((await next.left()).map((found) => found.entry)).to.deep.equal([entry()]);
    expect(await next.unreadable()).to.equal(0);
  });

  it('no longer counts a file that it could not read when an admin has moved it away', async () => {
    await journal().put(entry());
    const real = createSealedFiles(folder);
    const read = () => Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' }));
    const hasEnded = () => true;
    const next = createAnswerJournal({ folder, clock, log, hasEnded, files: { ...real, read } });
    expect([await next.left(), next.isLocked()]).to.deep.equal([[], true]);
    for (const name of files()) rmSync(path.join(folder, name));
    expect([await next.left(), next.isLocked(), await next.unreadable()]).to.deep.equal([[], false, 0]);
  });

  for (const [what, isStored] of [
    ['stored', true],
    ['removed, because its configuration was deleted', false],
  ] as const)
    it(`no longer waits for an answer that another process on this machine has ${what}`, async () => {
      const own = journal();
      // The provider does not rotate refresh tokens: that of the row remains the one that was used.
      const { refreshToken: _none, ...answer } = entry().answer;
      own.giveUp(await own.put(entry({ answer })));
      expect([own.waits(7), await own.isAnswered(tokenOf())]).to.deep.equal([true, true]);
      const back = later(31);
      const other = journal();
      const [{ id } = { id: '' }] = await other.left();
      await (isStored ? other.settle(id) : other.remove(id));
      expect(await own.left()).to.deep.equal([]);
      const row = { ...tokenOf(), accessToken: entry().answer.accessToken ?? null };
      expect([own.waits(7), own.waiting(), await own.length()]).to.deep.equal([false, [], 0]);
      expect(await own.isAnswered(row)).to.equal(false);
      back();
    });

  it('keeps a file that is renamed while the folder is listed', async () => {
    const real = createSealedFiles(folder);
    let isRenaming = false;
    const names = async () => {
      const all = isRenaming ? [] : await real.names();
      isRenaming = false;
      return all;
    };
    const own = createAnswerJournal({ folder, clock, log, files: { ...real, names } });
    own.giveUp(await own.put(entry()));
    const [name = ''] = files();
    await real.rename(name, `${name}.stored`);
    isRenaming = true;
    expect(await own.left()).to.deep.equal([]);
    expect(readdirSync(folder)).to.include(`${name}.stored`);
    expect(own.waits(7)).to.equal(false);
  });

  it('does not stop a renewal when it cannot be written, and still forgets nothing', async () => {
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

  it('offers an answer that cannot be stored once an hour', async () => {
    const own = journal();
    const id = await own.put(entry());
    own.giveUp(id);
    await own.postpone(id, 3_600_000);
    expect([await own.left(), await own.length()]).to.deep.equal([[], 1]);
    clock.advance(3601);
    expect(await own.left()).to.deep.equal([{ id, entry: entry() }]);
    clock.advance(-3601);
  });

  it('writes answers that arrive together into one file, which is removed when all of them are settled', async () => {
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

  it('writes each answer at once, even while the disk is busy, and answers share one wait for the disk', async () => {
    const real = createSealedFiles(folder);
    const flushes: (() => void)[] = [];
    const create: typeof real.create = (name) => {
      const file = real.create(name);
      return {
        ...file,
        sync: async () => {
          await new Promise<void>((resolve) => flushes.push(resolve));
          return file.sync();
        },
      };
    };
    const own = createAnswerJournal({ folder, clock, log, files: { ...real, create } });
    const done: number[] = [];
    const put = (configId: number) => own.put(entry({ configId })).then(() => done.push(configId));
    const puts = [put(1)];
    await new Promise(setImmediate);
    puts.push(put(2));
    await new Promise(setImmediate);
    puts.push(put(3));
    // The disk has confirmed nothing, and all of it is in the files: the next process finds it after a kill.
    expect(done).to.deep.equal([]);
    const next = journal(() => true);
    const found = (await next.left()).map(({ entry: { configId } }) => configId);
    expect(found.sort()).to.deep.equal([1, 2, 3]);
    expect(files().map(countIn).sort()).to.deep.equal([1, 2]);
    for (let round = 0; round < 2; round++) {
      await until('it waits for the disk', () => flushes.length > 0);
      flushes.shift()?.();
    }
    await Promise.all(puts);
    expect([done.sort(), flushes.length]).to.deep.equal([[1, 2, 3], 0]);
  });

  it('keeps stored answers for ten minutes, even when the process ends', async () => {
    const own = journal();
    const ids = await Promise.all([1, 2].map((configId) => own.put(entry({ configId }))));
    for (const id of ids) await own.settle(id);
    expect([await own.left(), await own.length(), files()]).to.deep.equal([[], 0, []]);
    const next = journal(() => true);
    expect(await next.left(), 'no answer that waits').to.deep.equal([]);
    for (const one of [own, next]) {
      expect(await one.stored('ending')).to.deep.equal([]);
      const kept = (await one.stored('all')).map(({ configId, ends }) => [configId, ends]);
      expect(kept).to.deep.equal([
        [1, false],
        [2, false],
      ]);
    }
    const back = later(601);
    const ending = await next.stored('ending');
    expect(ending.map(({ configId, ends }) => [configId, ends])).to.deep.equal([
      [1, true],
      [2, true],
    ]);
    for (const { id, configId, read } of ending) {
      expect(await read()).to.deep.include({ configId, answer: entry().answer });
      await next.remove(id);
    }
    expect(await ending[0]?.read(), 'gone').to.equal(null);
    expect([await next.stored('all'), readdirSync(folder).sort()]).to.deep.equal([
      [],
      ['journal.key', 'used'],
    ]);
    expect(await own.stored('all'), 'another process has removed them').to.deep.equal([]);
    back();
  });

  it('knows which rows a provider has already answered', async () => {
    const own = journal();
    const id = await own.put(entry());
    const { used } = entry();
    const row = (changes = {}) => ({ ...used, configId: 7, ...changes });
    const after = { accessToken: 'access-secret', refreshToken: 'refresh-secret' };
    const look = async (one = own) => [
      await one.isAnswered(row()),
      await one.isAnswered(row({ accessToken: 'of somebody else' })),
      await one.isAnswered(row({ refreshToken: 'of a new consent' })),
      await one.isAnswered(row(after)),
      await one.isAnswered({ ...row(), configId: 8 }),
    ];
    // While an answer waits, its refresh token counts as used, whatever else is in the row.
    expect(await look(), 'on its way').to.deep.equal([true, true, false, false, false]);
    own.giveUp(id);
    expect([await look(), own.waits(7), own.waits(8)]).to.deep.equal([
      [true, true, false, false, false],
      true,
      false,
    ]);
    expect(await look(journal(() => true)), 'of another process').to.deep.equal(await look());
    await own.settle(id);
    // The refresh token of the second row was exchanged, so it is older than the answer.
    expect([await look(), own.waits(7)]).to.deep.equal([[true, true, false, false, false], false]);
    expect(await look(journal(() => true)), 'of another process').to.deep.equal(await look());
    // A provider that returns the same tokens again has returned nothing that could be lost.
    const same = await own.put(
      entry({
        configId: 9,
        answer: { accessToken: used.accessToken ?? '', refreshToken: used.refreshToken ?? '' },
      }),
    );
    await own.settle(same);
    expect(await own.isAnswered({ ...row(), configId: 9 })).to.equal(false);
  });

  it('offers all answers in a file whose process died, settled ones too, until the next process has settled them', async () => {
    const own = journal();
    const [first = ''] = await Promise.all([1, 2, 3].map((configId) => own.put(entry({ configId }))));
    await own.remove(first);
    const next = journal(() => true);
    const left = await next.left();
    expect(left.map(({ entry: { configId } }) => configId)).to.deep.equal([1, 2, 3]);
    for (const { id } of left.slice(1)) await next.remove(id);
    expect((await next.left()).map(({ id }) => id)).to.deep.equal([first]);
    await next.remove(first);
    expect([files(), await next.length()]).to.deep.equal([[], 0]);
  });

  it('reads the files of earlier versions, which hold one answer each', async () => {
    const own = journal();
    own.giveUp(await own.put(entry({ configId: 2 })));
    const name = `${clock().getTime() - 1000}-999999-0b7c5f3e-7f0e-4c39-9a55-1b9f3d2f8a10.answer`;
    const key = readFileSync(path.join(folder, 'journal.key'));
    writeFileSync(path.join(folder, name), seal(key, JSON.stringify(entry({ configId: 1 })), name));
    const next = journal(() => true);
    expect((await next.left()).map((found) => found.entry)).to.deep.equal([
      entry({ configId: 1 }),
      entry({ configId: 2 }),
    ]);
    expect(await next.length()).to.equal(2);
    for (const { id } of await next.left()) await next.remove(id);
    expect(files()).to.deep.equal([]);
  });

  it('moves an answer that cannot be stored to a file of its own, so that it holds up no others', async () => {
    const own = journal();
    const ids = await Promise.all([1, 2, 3].map((configId) => own.put(entry({ configId }))));
    const [shared] = files();
    const [first = '', second = '', third = ''] = ids;
    own.giveUp(second);
    await own.postpone(second, 3_600_000);
    await own.remove(first);
    await own.remove(third);
    expect([files().map(countIn), files().includes(shared ?? '')]).to.deep.equal([[1], false]);
    expect([await own.left(), await own.length()]).to.deep.equal([[], 1]);
    clock.advance(3601);
    expect((await own.left()).map((found) => found.entry)).to.deep.equal([entry({ configId: 2 })]);
    clock.advance(-3601);
  });

  it('leaves that answer where it is when the disk is full, and forgets none of the others', async () => {
    const real = createSealedFiles(folder);
    let full = false;
    const create: typeof real.create = (name) => {
      if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      return real.create(name);
    };
    const own = createAnswerJournal({ folder, clock, log, files: { ...real, create } });
    const ids = await Promise.all([1, 2].map((configId) => own.put(entry({ configId }))));
    const [first = '', second = ''] = ids;
    const before = files();
    full = true;
    own.giveUp(second);
    await own.postpone(second, 3_600_000);
    await own.remove(first);
    expect([files(), await own.left(), await own.length()]).to.deep.equal([before, [], 1]);
    expect(lines).to.deep.equal([JSON.stringify([{ fault: 'ENOSPC' }, 'the journal cannot be written'])]);
    expect(own.failedWrites()).to.equal(1);
    clock.advance(3601);
    expect(await own.left()).to.deep.equal([{ id: second, entry: entry({ configId: 2 }) }]);
    clock.advance(-3601);
    const third = await own.put(entry({ configId: 3 }));
    expect([files(), await own.length()], 'in memory').to.deep.equal([before, 2]);
    await Promise.all([own.remove(second), own.remove(third)]);
    expect([files(), await own.length()]).to.deep.equal([[], 0]);
  });

  it('treats an answer as settled although the disk refuses to remove it, and removes it later', async () => {
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

  it('keeps many answers in memory that the disk refused together, each until it is settled', async () => {
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

  it('gives two processes that start together the same key', () => {
    journal();
    const key = readFileSync(path.join(folder, 'journal.key'));
    journal();
    expect(readFileSync(path.join(folder, 'journal.key')).equals(key)).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(['journal.key']);
  });
});
