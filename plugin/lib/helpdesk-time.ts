/**
 * The helpdesk stores dates as `YYYY-MM-DD HH:MM:SS` without an offset, in its own time zone (setting
 * OTRSTimeZone, default UTC). Both directions use Intl's zone data and work in whole seconds.
 */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(zone, made);
  return made;
}

/** Can dates be converted with this time zone name? */
export function isTimeZone(zone: string): boolean {
  // The most common zone needs no zone data, which takes as long to load as a command's query takes.
  if (zone === 'UTC') return true;
  try {
    format(zone);
    return true;
  } catch {
    return false;
  }
}

/** @returns `YYYY-MM-DD HH:MM:SS` in the zone. @throws RangeError for an unknown zone or an invalid date */
export function toHelpdeskTime(date: Date, zone: string): string {
  if (zone === 'UTC') return date.toISOString().slice(0, 19).replace('T', ' ');
  const part: Record<string, string> = {};
  for (const { type, value } of format(zone).formatToParts(date)) part[type] = value;
  const year = (part.year ?? '').padStart(4, '0');
  return `${year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second}`;
}

/** Seconds east of UTC at an instant. */
function offsetAt(instant: number, zone: string): number {
  return Date.parse(`${toHelpdeskTime(new Date(instant), zone).replace(' ', 'T')}Z`) - instant;
}

/**
 * @param text `YYYY-MM-DD HH:MM:SS` as stored
 * @param ofTwo which instant to return for a local time that occurs twice (clocks set back); the helpdesk
 *   takes the later one
 * @returns the instant; null for no date and for zero dates. A local time that does not occur (clocks set
 *   forward) is read as if the clocks had not changed.
 */
export function fromHelpdeskTime(
  text: string | null,
  zone: string,
  ofTwo: 'earlier' | 'later' = 'later',
): Date | null {
  const [, date, time] = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})/.exec(text ?? '') ?? [];
  if (date === undefined || date.startsWith('0000')) return null;
  const local = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(local)) return null;
  if (zone === 'UTC') return new Date(local);
  // The offset changes at most once in these two days: try the one before and the one after.
  const before = offsetAt(local - 86_400_000, zone);
  const after = offsetAt(local + 86_400_000, zone);
  const candidates = [local - after, local - before].filter((at) => at + offsetAt(at, zone) === local);
  const pick = ofTwo === 'later' ? Math.max : Math.min;
  return new Date(candidates.length > 0 ? pick(...candidates) : local - before);
}
