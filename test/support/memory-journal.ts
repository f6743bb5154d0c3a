import type { AnswerJournal, JournalEntry } from '../../plugin/domain/token/answer-journal.js';
import type { StoredToken } from '../../plugin/domain/token/token.js';
import { createKnownAnswers, idOf, placeOf, tokenMark } from '../../plugin/journal/known-answers.js';

/** The journal in memory; answers that were given up are left over, and stored ones are kept for ever. */
export class MemoryJournal implements AnswerJournal {
  readonly entries = new Map<string, JournalEntry>();
  readonly postponed = new Set<string>();
  readonly known = createKnownAnswers();
  private readonly used = new Set<string>();
  puts = 0;
  /** @param keeps whether stored answers stay known */
  constructor(private readonly keeps = true) {}
  async put(entry: JournalEntry): Promise<string> {
    const id = idOf(this.known.add(`file-${this.puts++}`, 0, entry, 'busy'));
    this.entries.set(id, entry);
    return id;
  }
  private end(id: string, state: 'stored' | 'gone' | 'waiting'): void {
    const known = this.known.byId(id);
    if (known) known.state = state;
  }
  async settle(id: string): Promise<void> {
    if (this.keeps) this.end(id, 'stored');
    else await this.remove(id);
  }
  async remove(id: string): Promise<void> {
    const answer = this.known.byId(id);
    if (answer) {
      const { configId, sent, brought } = answer.exchange;
      if (sent !== brought) this.used.add(`${configId} ${sent}`);
    }
    this.entries.delete(id);
    this.known.forget(placeOf(id).name);
  }
  giveUp(id: string): void {
    this.end(id, 'waiting');
  }
  async postpone(id: string): Promise<void> {
    this.postponed.add(id);
  }
  private all(state: 'stored' | 'waiting') {
    return this.known.in(state).map((answer) => {
      const id = idOf(answer);
      return { id, answer, entry: this.entries.get(id) as JournalEntry };
    });
  }
  async left() {
    return this.all('waiting').filter(({ id }) => !this.postponed.has(id));
  }
  async stored(which: 'all' | 'ending') {
    return (which === 'all' ? this.all('stored') : []).map(({ id, answer, entry }) => ({
      id,
      configId: answer.configId,
      ends: false,
      replaced: (row: StoredToken) => this.known.isBefore(answer, row),
      read: async () => entry,
    }));
  }
  waiting() {
    return this.known.in('waiting');
  }
  waits(configId: number) {
    return this.known.waits(configId);
  }
  async isAnswered(token: StoredToken) {
    const newest = this.known.newestRefresh(token.configId);
    const isOlder = newest !== null && newest !== tokenMark(token.refreshToken) && (await this.isUsed(token));
    return this.known.isAnswered(token) || isOlder;
  }
  async isUsed({ configId, refreshToken }: Pick<StoredToken, 'configId' | 'refreshToken'>) {
    const mark = tokenMark(refreshToken);
    return this.known.isExchanged(configId, mark) ?? this.used.has(`${configId} ${mark}`);
  }
  async length(): Promise<number> {
    return this.known.in('busy', 'waiting').length;
  }
  locked = false;
  isLocked() {
    return this.locked;
  }
  async unreadable() {
    return Number(this.locked);
  }
  failedWrites() {
    return 0;
  }
}
