import type { Account } from '../accounts.js';

/** As it stands in statements, in GRANTEE, and before a person. */
export const shown = ({ user, host }: Account): string => `'${user}'@'${host}'`;
