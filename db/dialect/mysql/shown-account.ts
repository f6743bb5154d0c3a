import type { Account } from '../accounts.js';

/** The notation of an account in statements, in GRANTEE, and for people. */
export const shown = ({ user, host }: Account): string => `'${user}'@'${host}'`;
