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
  const journal = (isAlive = (_pid: number) => true) =>
    createAnswerJournal({ folder, clock, log: { info: line, warn: line, error: line }, isAlive });
  const files = () => readdirSync(folder).filter((name) => name.endsWith('.answer'));
  /** As if another process had written it. */
  const byAnother = async (pid: number, content = entry()) => {
    const own = journal();
    const id = await own.put(content);
    const [name = ''] = files();
    expect(name).to.equal(id);
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
      log: { info: line, warn: line, error: line },
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
    truncateSync(path.join(folder, id), 40);
    expect(await own.left()).to.deep.equal([]);
    expect(await own.left()).to.deep.equal([]);
    expect(lines).to.deep.equal([JSON.stringify([{ name: id }, 'an entry of the journal cannot be read'])]);
    expect(readdirSync(folder)).to.include(`${id}.unreadable`);
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
    own.postpone(id);
    expect([await own.left(), await own.length()]).to.deep.equal([[], 1]);
    clock.advance(3601);
    expect(await own.left()).to.deep.equal([{ id, entry: entry() }]);
    clock.advance(-3601);
  });

  it('two processes that start together have one key', () => {
    journal();
    const key = readFileSync(path.join(folder, 'journal.key'));
    journal();
    expect(readFileSync(path.join(folder, 'journal.key')).equals(key)).to.equal(true);
    expect(readdirSync(folder)).to.deep.equal(['journal.key']);
  });
});
