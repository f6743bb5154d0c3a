/** How urgent a text is. */
export type Tone = 'good' | 'note' | 'warning' | 'fault';

/** SGR parameters (ECMA-48): green, none, yellow, red. */
const COLOURS: Record<Tone, string> = { good: '32', note: '', warning: '33', fault: '31' };

/** Colours a text. */
export type Paint = (text: string, tone: Tone) => string;

/**
 * Colour is for a terminal only, and never with NO_COLOR (https://no-color.org) or a terminal that has none.
 * The words say the same without it.
 */
export function painter(isTerminal: boolean, env: Record<string, string | undefined>): Paint {
  const isPlain = !isTerminal || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
  return (text, tone) =>
    isPlain || COLOURS[tone] === '' || text === '' ? text : `\u001b[${COLOURS[tone]}m${text}\u001b[0m`;
}

/** The tone of a state's severity. */
export const toneOf = (severity: string | null | undefined): Tone =>
  severity === 'error' || severity === 'fault'
    ? 'fault'
    : severity === 'warning'
      ? 'warning'
      : severity === 'ok'
        ? 'good'
        : 'note';
