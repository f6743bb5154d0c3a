/**
 * The helpdesk stores dates as `YYYY-MM-DD HH:MM:SS` in its own time zone (setting OTRSTimeZone, default UTC),
 * without an offset. Both directions go through Intl's zone data; seconds are the finest unit.
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

/** Is this a time zone name that dates can be converted with? */
export function isTimeZone(zone: string): boolean {
  // The usual one needs no zone data, whose loading takes as long as the query of a command.
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
 * @returns the instant; null for no date and for zero dates. Of a time that occurs twice (clocks set back) the later
 * instant, as the helpdesk takes it, unless asked otherwise; of one that does not occur (clocks set forward) the instant as if they had not.
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
  // The offset changes at most once within a day around: try the one before and the one after.
  const before = offsetAt(local - 86_400_000, zone);
  const after = offsetAt(local + 86_400_000, zone);
  const candidates = [local - after, local - before].filter((at) => at + offsetAt(at, zone) === local);
  const pick = ofTwo === 'later' ? Math.max : Math.min;
  return new Date(candidates.length > 0 ? pick(...candidates) : local - before);
}
