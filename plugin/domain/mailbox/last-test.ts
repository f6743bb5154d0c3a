/** The last test of a mailbox of a configuration, as the overview shows it. */
export interface LastTest {
  at: Date;
  outcome: 'ok' | 'warning' | 'fault';
  /** Login of the mailbox. */
  mailbox: string;
}

/** Keeps the last test of each configuration. */
export interface LastTests {
  /** A deleted configuration is ignored. */
  note(configId: number, test: LastTest): Promise<void>;
}

const OUTCOMES: readonly unknown[] = ['ok', 'warning', 'fault'] satisfies LastTest['outcome'][];

/** The text of column `last_test`; the mailbox is cut to fit. */
export const writeLastTest = ({ at, outcome, mailbox }: LastTest): string =>
  JSON.stringify({ at: at.getTime(), outcome, mailbox: mailbox.slice(0, 250) });

/** @returns null if nothing was tested yet, or the text is not readable */
export function readLastTest(text: string | null): LastTest | null {
  try {
    const { at, outcome, mailbox } = JSON.parse(text ?? '') as Record<string, unknown>;
    if (typeof at !== 'number' || typeof mailbox !== 'string' || !OUTCOMES.includes(outcome)) return null;
    return { at: new Date(at), outcome: outcome as LastTest['outcome'], mailbox };
  } catch {
    return null;
  }
}
