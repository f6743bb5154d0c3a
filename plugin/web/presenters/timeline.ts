import type { TokenState } from '../../domain/token/token-state.js';
import { phrase } from '../../lib/phrase.js';
import { showFor } from '../locale.js';
import type { Reader } from '../reader.js';

const HOUR = 3_600_000;
/** Where now stands, in percent; what is over stands before it. */
const NOW = 12;
/** The farthest time that has a place of its own: two years, in hours. */
const FAR = 2 * 365 * 24;
/** What the scale marks: one hour, day, week, month and year from now, in hours. */
const TICKS = [1, 24, 7 * 24, 30 * 24, 365 * 24];

/** Hours from now -> percent; logarithmic, because tokens end within hours and secrets within years. */
const placeOf = (hours: number): number =>
  hours <= 0
    ? NOW / 2
    : Math.round(NOW + 2 + (96 - NOW) * (Math.log1p(Math.min(hours, FAR)) / Math.log1p(FAR)));

/** One end on the timeline; a shape tells them apart, and the text says the same. */
interface End {
  what: 'token' | 'secret';
  at: number;
  isOver: boolean;
  name: string;
  text: string;
}

/**
 * The ends of the access token and of the client secret on one scale. Each has a text, so that the drawing is only for
 * the eye.
 * @returns ends without a known date are missing
 */
export function presentTimeline(
  { endsAt, works, secretEndsAt }: Pick<TokenState, 'endsAt' | 'works' | 'secretEndsAt'>,
  now: Date,
  reader: Reader,
): { now: number; ticks: number[]; ends: End[] } {
  const { time, date } = showFor(reader, now);
  const end = (what: End['what'], name: string, at: Date | null, show: (date: Date) => string): End[] => {
    if (!at) return [];
    const isOver = what === 'token' ? !works : at <= now;
    const text = isOver ? reader.t(phrase('expired: %s', show(at))) : show(at);
    return [{ what, at: placeOf((at.getTime() - now.getTime()) / HOUR), isOver, name: reader.t(name), text }];
  };
  const ends = [...end('token', 'Token', endsAt, time), ...end('secret', 'Secret', secretEndsAt, date)];
  return { now: NOW, ticks: TICKS.map(placeOf), ends };
}
