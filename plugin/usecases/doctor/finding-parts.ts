import type { Remedy } from '../../domain/doctor/doctor.js';
import type { DoctorDeps } from '../../domain/doctor/doctor-ports.js';
import { COMMON } from '../../domain/product/records.js';
import { phrase } from '../../lib/phrase.js';

/** The link to the overview. */
export const OVERVIEW = `index.pl?Action=${COMMON.screens.action}`;

/** How many names one reason lists. */
export const MOST_NAMED = 10;

/** A list of names that stays readable however many there are. */
export const names = (items: string[]): string =>
  items.length > MOST_NAMED ? `${items.slice(0, MOST_NAMED).join(', ')}, …` : items.join(', ');

/** Installs the web server's rules again. */
export const rulesAgain = ({ webServer }: Pick<DoctorDeps, 'webServer'>): Remedy => ({
  text: phrase("Install the web server's rules again, then reload it:"),
  command: webServer.rulesCommand,
});
