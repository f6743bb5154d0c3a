import { startApache } from '../lab/apache.js';
import { helpdeskConsole, helpdeskPerl, setSettings } from '../lab/helpdesk.js';
import { lab } from './instance.js';

/** Runs the helpdesk's own console; returns its output. */
export const console = (...args: string[]): Promise<string> => helpdeskConsole(lab, args);

/** Runs Perl inside the genuine helpdesk (`$Kernel::OM`); returns its output. */
export const perl = (code: string): Promise<string> => helpdeskPerl(lab, code);

/**
 * For settings that the helpdesk's own pages use: the processes of the lab's web server keep those that they started
 * with.
 */
export async function changeSettings(settings: Parameters<typeof setSettings>[1]): Promise<void> {
  await setSettings(lab, settings);
  await startApache(lab);
}
