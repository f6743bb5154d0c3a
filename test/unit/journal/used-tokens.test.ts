import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { JournalEntry } from '../../../plugin/domain/token/answer-journal.js';
import { createAnswerJournal } from '../../../plugin/journal/answer-journal.js';
import { createUsedTokens } from '../../../plugin/journal/used-tokens.js';
import { fixedClock } from '../../support/fixed-clock.js';
import { tokenOf } from '../../support/samples.js';

describe('the list of used refresh tokens', () => {
  let folder: string;
  let lines: string[];
  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'used-')), 'state');
    lines = [];
  });
  afterEach(() => rmSync(path.dirname(folder), { recursive: true }));
  const line = (facts: object, message: string) => void lines.push(JSON.stringify([facts, message]));
  const log = { info: line, warn: line, error: line };
  const used = () => createUsedTokens({ folder: path.join(folder, 'used'), log });
  const clock = fixedClock();
  const journal = () => createAnswerJournal({ folder, clock, log, hasEnded: () => true });

  /** An answer to a request with `sent`, which brought another refresh token, the same one, or none. */
  const entry = (
    sent: string | null,
    brought?: string,
    changes: Partial<JournalEntry> = {},
  ): JournalEntry => ({
    configId: 7,
    used: tokenOf({ refreshToken: sent }),
    answer: { accessToken: `for-${sent}`, ...(brought === undefined ? {} : { refreshToken: brought }) },
    userId: 1,
    actor: null,
    what: 'renewal',
    receivedAt: clock(),
    holder: 'sidecar-1',
    ...changes,
  });
  type Journal = ReturnType<typeof journal>;
  async function exchange(of: Journal, ...words: Parameters<typeof entry>): Promise<string> {
    const id = await of.put(entry(...words));
    await of.settle(id);
    clock.advance(1);
    return id;
  }
  const isUsed = (of: Journal, refreshToken: string | null, configId = 7) =>
    of.isUsed(tokenOf({ configId, refreshToken }));

  it('holds what was exchanged, from the answer on and for ever after, and nothing else', async () => {
    const own = journal();
    const ids = [await exchange(own, 'first', 'second'), await exchange(own, 'second', 'third')];
    const facts = async (of: Journal) => [
      await isUsed(of, 'first'),
      await isUsed(of, 'second'),
      await isUsed(of, 'third'),
      await isUsed(of, 'of-somebody-else'),
      await isUsed(of, 'first', 8),
      await isUsed(of, null),
    ];
    const expected = [true, true, false, false, false, false];
    expect(await facts(own), 'while the answers are kept').to.deep.equal(expected);
    expect(await facts(journal()), 'by the next process').to.deep.equal(expected);
    for (const id of ids) await own.remove(id);
    expect(await facts(own), 'when they have been removed').to.deep.equal(expected);
    expect(await facts(journal()), 'by the next process').to.deep.equal(expected);
    expect(lines).to.deep.equal([]);
  });

  it('does not hold a refresh token that came back, stayed the same, or was replaced by a consent', async () => {
    const own = journal();
    for (const id of [
      await exchange(own, 'same', 'same'),
      await exchange(own, 'kept'),
      await exchange(own, 'before-consent', 'consented', { what: 'consent' }),
      await exchange(own, 'consented', 'next'),
      await exchange(own, 'next', 'consented'),
    ])
      await own.remove(id);
    for (const of of [own, journal()]) {
      const states = ['same', 'kept', 'before-consent', 'consented', 'next'].map((token) =>
        isUsed(of, token),
      );
      expect(await Promise.all(states)).to.deep.equal([false, false, false, false, true]);
    }
    await exchange(own, 'next-2', 'next');
    expect(await isUsed(own, 'next'), 'although an older answer exchanged it').to.equal(false);
  });

  it('is a file of a few bytes for each token, closed to others, without the token', async () => {
    const own = journal();
    await own.remove(await exchange(own, 'refresh-secret', 'refresh-secret-2'));
    const file = path.join(folder, 'used/7');
    expect([statSync(file).size, statSync(file).mode & 0o777]).to.deep.equal([6, 0o600]);
    expect(statSync(path.dirname(file)).mode & 0o777).to.equal(0o700);
    expect(readFileSync(file, 'latin1')).to.not.include('secret');
  });

  it('keeps the newest two thousand to four thousand', async () => {
    const list = used();
    const marks = Buffer.alloc(3999 * 6);
    for (let sent = 1; sent <= 3999; sent++) marks.writeUIntBE(sent, (sent - 1) * 6, 6);
    mkdirSync(path.join(folder, 'used'), { recursive: true });
    writeFileSync(path.join(folder, 'used/7'), marks);
    await list.note({ configId: 7, sent: 4000, brought: 4001 });
    expect(statSync(path.join(folder, 'used/7')).size).to.equal(4000 * 6);
    await list.note({ configId: 7, sent: 4001, brought: 4002 });
    expect(statSync(path.join(folder, 'used/7')).size).to.equal(2000 * 6);
    expect(readdirSync(path.join(folder, 'used'))).to.deep.equal(['7']);
    expect([await list.has(7, 2001), await list.has(7, 2002), await list.has(7, 4001)]).to.deep.equal([
      false,
      true,
      true,
    ]);
    // Marks are compared as a whole: the end of one and the beginning of the next are none.
    expect(await list.has(7, 4001 * 2 ** 24)).to.equal(false);
  });

  it('does not hold a refresh token that came back, however often it was noted', async () => {
    const list = used();
    mkdirSync(path.join(folder, 'used'), { recursive: true });
    const mark = Buffer.of(0, 0, 0, 0, 0, 1);
    writeFileSync(path.join(folder, 'used/7'), Buffer.concat([mark, mark]));
    await list.note({ configId: 7, sent: 5, brought: 1 });
    expect([await list.has(7, 1), await list.has(7, 5)]).to.deep.equal([false, true]);
    await list.note({ configId: 7, sent: 5, brought: 6 });
    expect(statSync(path.join(folder, 'used/7')).size).to.equal(6);
  });

  it('still holds a used refresh token after a consent that brought none', async () => {
    const own = journal();
    const ids = [await exchange(own, 'first', 'second')];
    ids.push(await exchange(own, 'first', undefined, { what: 'consent' }));
    expect(await isUsed(own, 'first'), 'while the answers are kept').to.equal(true);
    for (const id of ids) await own.remove(id);
    expect(await isUsed(own, 'first'), 'when they have been removed').to.equal(true);
  });

  it('finds what is noted after a power failure that left a part of a mark', async () => {
    const list = used();
    await list.note({ configId: 7, sent: 1, brought: 2 });
    appendFileSync(path.join(folder, 'used/7'), Buffer.alloc(3, 1));
    await list.note({ configId: 7, sent: 2, brought: 3 });
    await list.note({ configId: 7, sent: 3, brought: 4 });
    expect(await Promise.all([1, 2, 3, 4].map((mark) => list.has(7, mark)))).to.deep.equal([
      true,
      true,
      true,
      false,
    ]);
  });

  it('is written later where the disk took nothing, in order', async () => {
    const list = used();
    await list.note({ configId: 7, sent: 1, brought: 2 });
    const file = path.join(folder, 'used/7');
    rmSync(file);
    mkdirSync(file);
    await list.note({ configId: 7, sent: 2, brought: 3 });
    await list.note({ configId: 7, sent: 3, brought: 1 });
    await list.note({ configId: 8, sent: 1, brought: 2 });
    rmSync(file, { recursive: true });
    await list.retry();
    for (const of of [list, used()])
      expect(await Promise.all([1, 2, 3].map((mark) => of.has(7, mark)))).to.deep.equal([false, true, true]);
    expect(await used().has(8, 1)).to.equal(true);
  });

  it('is removed when nothing was added for more than a year', async () => {
    const list = used();
    for (const configId of [7, 8]) await list.note({ configId, sent: 1, brought: 2 });
    const day = 86_400_000;
    const old = new Date(clock().getTime() - 401 * day);
    utimesSync(path.join(folder, 'used/7'), old, old);
    utimesSync(path.join(folder, 'used/8'), clock(), new Date(clock().getTime() - 399 * day));
    const own = journal();
    await isUsed(own, 'any');
    expect(readdirSync(path.join(folder, 'used'))).to.deep.equal(['8']);
  });

  it('is still complete where the disk was full for a while', async () => {
    const own = journal();
    const ids = [await exchange(own, 'first', 'second'), await exchange(own, 'second', 'third')];
    writeFileSync(path.join(folder, 'used'), '');
    for (const id of ids) await own.remove(id);
    expect(await isUsed(own, 'second')).to.equal(true);
    rmSync(path.join(folder, 'used'));
    await own.stored('all');
    expect([await isUsed(journal(), 'first'), await isUsed(journal(), 'second')]).to.deep.equal([true, true]);
  });

  it('knows the order of answers of an earlier process, whichever is read first', async () => {
    const earlier = journal();
    await exchange(earlier, 'first', 'second');
    const waits = await earlier.put(entry('second', 'third'));
    earlier.giveUp(waits);
    const own = journal();
    const before = tokenOf({ accessToken: 'for-first', refreshToken: 'second' });
    expect([
      await own.isAnswered(before),
      await isUsed(own, 'second'),
      await isUsed(own, 'third'),
    ]).to.deep.equal([true, true, false]);
    await own.settle(waits);
    expect([await own.isAnswered(before), await isUsed(own, 'second')]).to.deep.equal([true, true]);
  });

  it('shows that a row is older than an answer that is kept, which is then read again at once', async () => {
    const own = journal();
    await own.remove(await exchange(own, 'first', 'second'));
    await exchange(own, 'second', 'third');
    expect(await own.stored('ending')).to.deep.equal([]);
    expect(await own.isAnswered(tokenOf({ refreshToken: 'third' }))).to.equal(false);
    expect(await own.stored('ending')).to.deep.equal([]);
    expect(await own.isAnswered(tokenOf({ refreshToken: 'first' }))).to.equal(true);
    const again = await own.stored('ending');
    expect(again.map(({ configId, ends }) => [configId, ends])).to.deep.equal([[7, false]]);
    expect((await again[0]?.read())?.answer.refreshToken).to.equal('third');
    expect(await own.stored('ending')).to.deep.equal([]);
  });

  it('stops no renewal where it cannot be read or written, and says so', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'used'), '');
    const list = used();
    await list.note({ configId: 7, sent: 1, brought: 2 });
    expect(await list.has(7, 1), 'in memory').to.equal(true);
    expect(lines.map((text) => JSON.parse(text)[1])).to.deep.equal([
      'the list of used refresh tokens cannot be read',
      'the list of used refresh tokens cannot be written',
      'the list of used refresh tokens cannot be read',
    ]);
  });
});
