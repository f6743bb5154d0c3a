import { fromHelpdeskTime, isTimeZone, toHelpdeskTime } from '../plugin/lib/helpdesk-time.js';

/** The helpdesk's time zone (setting OTRSTimeZone); asked at each use, because it can change while we run. */
export type Zone = () => Promise<string> | string;

/** Converts the dates of one query. */
export interface Dates {
  read(text: string | null): Date | null;
  /**
   * Of a time that occurs twice: the instant `known` where it is one of both, else the earlier, so that a token is
   * rather renewed too early than too late.
   */
  readAs(text: string | null, known: Date | null): Date | null;
  /** For columns that are never empty; a broken date is the epoch. */
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
    readRequired: (text) => fromHelpdeskTime(text, zoneName) ?? new Date(0),
    write: (date) => toHelpdeskTime(date, zoneName),
  };
}
