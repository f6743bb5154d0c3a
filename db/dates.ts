import { fromHelpdeskTime, isTimeZone, toHelpdeskTime } from '../plugin/lib/helpdesk-time.js';

/** The helpdesk's time zone (setting OTRSTimeZone); asked at each use, because it can change while we run. */
export type Zone = () => Promise<string> | string;

/** Converts the dates of one query. */
export interface Dates {
  read(text: string | null): Date | null;
  /** For columns that are never empty; a broken date is the epoch. */
  readRequired(text: string | null): Date;
  write(date: Date): string;
}

export async function datesOf(zone: Zone): Promise<Dates> {
  const name = await zone();
  const known = isTimeZone(name) ? name : 'UTC';
  return {
    read: (text) => fromHelpdeskTime(text, known),
    readRequired: (text) => fromHelpdeskTime(text, known) ?? new Date(0),
    write: (date) => toHelpdeskTime(date, known),
  };
}
