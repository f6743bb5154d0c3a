import type { Show } from '../domain/token/state-sentence.js';

/** What every page may use in addition to its own data. */
export interface PageLanguage {
  /** A language as the helpdesk names it: `en`, `de`, `pt_BR`. */
  language: string;
  /** IANA name; times are shown in it. */
  timeZone: string;
}

/**
 * The language as browsers and Intl name it (BCP 47): `pt-BR` for the helpdesk's `pt_BR`, `en` for an invalid
 * one.
 */
export function languageTag(language: string): string {
  try {
    return new Intl.Locale(language.replaceAll('_', '-')).toString();
  } catch {
    return 'en';
  }
}

/**
 * Language and script: `pt-Latn` for `pt` and `pt_BR`, but `zh-Hans` for `zh_CN` and `zh-Hant` for `zh_TW`.
 */
export function languageAndScript(language: string): string {
  const { language: spoken, script } = new Intl.Locale(languageTag(language)).maximize();
  return `${spoken}-${script}`;
}

const MOST_KEPT = 200;

/**
 * Caches the results of `make`: an Intl format costs far more to create than to use, in time and in memory
 * outside the heap.
 */
export function kept<Made>(make: (...key: string[]) => Made): (...key: string[]) => Made {
  const known = new Map<string, { made: Made }>();
  return (...key) => {
    const name = key.join(' ');
    const found = known.get(name);
    if (found) return found.made;
    const made = make(...key);
    if (known.size >= MOST_KEPT) known.clear();
    known.set(name, { made });
    return made;
  };
}

const STYLES = {
  both: { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' },
  time: { timeStyle: 'short', hourCycle: 'h23' },
  date: { dateStyle: 'medium' },
} as const;

/**
 * The helpdesk uses the same calendar and digits in every language: no Buddhist or Persian year, no Arabic
 * digit.
 */
const AS_THE_HELPDESK = { calendar: 'gregory', numberingSystem: 'latn' } as const;

const timeFormats = kept((language, timeZone, style) => {
  const options = { ...STYLES[style as keyof typeof STYLES], ...AS_THE_HELPDESK };
  try {
    return new Intl.DateTimeFormat(languageTag(language), { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat('en', { ...options, timeZone: 'UTC' });
  }
});
const timeFormat = ({ language, timeZone }: PageLanguage, style: keyof typeof STYLES) =>
  timeFormats(language, timeZone, style);

/** Pads hours to two digits, as the helpdesk does; Spanish and Hungarian would have one before ten. */
const withHours = (time: Date, language: PageLanguage, style: 'both' | 'time'): string =>
  timeFormat(language, style)
    .formatToParts(time)
    .map(({ type, value }) => (type === 'hour' ? value.padStart(2, '0') : value))
    .join('');

/** A time in the agent's zone and language: `24.11.2026, 14:05` or `Nov 24, 2026, 14:05`. */
export const formatTime = (time: Date, language: PageLanguage): string => withHours(time, language, 'both');

/** The same, but without the day for a time of today: `14:05`. For sentences about what is happening. */
export const showFor = (language: PageLanguage, now: Date): Show => {
  const day = (time: Date) => timeFormat(language, 'date').format(time);
  const today = day(now);
  return {
    time: (at) => (day(at) === today ? withHours(at, language, 'time') : formatTime(at, language)),
    date: (midnight) => timeFormat({ ...language, timeZone: 'UTC' }, 'date').format(midnight),
  };
};

const numberFormat = kept(
  (language) =>
    new Intl.NumberFormat(languageTag(language), { numberingSystem: 'latn', maximumFractionDigits: 1 }),
);

/** `10,000`, `10.000`, `10 000` */
export const formatNumber = (number: number, language: string): string =>
  numberFormat(language).format(number);

const durationFormat = (unit: 'second' | 'millisecond') =>
  kept(
    (language) =>
      new Intl.NumberFormat(languageTag(language), {
        numberingSystem: 'latn',
        maximumFractionDigits: 1,
        style: 'unit',
        unit,
      }),
  );
const secondsFormat = durationFormat('second');
const millisecondsFormat = durationFormat('millisecond');

/** A duration: `0.5 sec`, `0,5 Sek.`, `0,5 s`; below a tenth of a second `40 ms`. */
export const formatSeconds = (seconds: number, language: string): string =>
  seconds < 0.1
    ? millisecondsFormat(language).format(Math.round(seconds * 1000))
    : secondsFormat(language).format(seconds);
