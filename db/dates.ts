import { fromHelpdeskTime, isTimeZone, toHelpdeskTime } from '../plugin/lib/helpdesk-time.js';
import { rememberLast } from '../plugin/lib/remember-last.js';

/** The helpdesk's time zone (setting OTRSTimeZone); read at each use, because it can change at run time. */
export type Zone = () => Promise<string> | string;

/** Converts the dates of one query. */
export interface Dates {
  read(text: string | null): Date | null;
  /**
   * For a time that occurs twice: returns `known` if it is one of the two instants, otherwise the earlier
   * one, so that a token is renewed too early rather than too late.
   */
  readAs(text: string | null, known: Date | null): Date | null;
  /** For columns that are never empty; an invalid date becomes the epoch. */
  readRequired(text: string | null): Date;
  write(date: Date): string;
}

export async function datesOf(zone: Zone): Promise<Dates> {
  const name = await zone();
  const zoneName = isTimeZone(name) ? name : 'UTC';
  return {
    read: (text) => fromHelpdeskTime(text, zoneName),
    readAs: (text, known) =>
      known !== null && text?.slice(0, 19) === toHelpdeskTime(known, zoneName)
        ? known
        : fromHelpdeskTime(text, zoneName, 'earlier'),
    readRequired: rememberLast((text) => fromHelpdeskTime(text, zoneName) ?? new Date(0)),
    write: (date) => toHelpdeskTime(date, zoneName),
  };
}
