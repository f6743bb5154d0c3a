import { helpdeskConsole, helpdeskPerl } from '../lab/helpdesk.js';
import { lab } from './instance.js';

/** Runs the helpdesk's own console; returns what it prints. */
export const console = (...args: string[]): Promise<string> => helpdeskConsole(lab, args);

/** Runs Perl inside the genuine helpdesk (`$Kernel::OM`); returns what it prints. */
export const perl = (code: string): Promise<string> => helpdeskPerl(lab, code);
