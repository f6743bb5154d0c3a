import type { Granted } from '../grants.js';

/** A right as a server lists it: on a column, or on the whole table where `column` is null. */
export interface PrivilegeRow {
  name: string;
  column: string | null;
  privilege: string;
}

/** Rights by table. One on the whole table covers those on its columns. */
export function grantedOf(rows: readonly PrivilegeRow[]): Granted {
  const rights: Granted = new Map();
  for (const { name, column, privilege } of rows) {
    const ofTable = rights.get(name) ?? new Map();
    rights.set(name, ofTable);
    if (column === null) ofTable.set(privilege, null);
    else if (ofTable.get(privilege) !== null)
      ofTable.set(privilege, new Set([...(ofTable.get(privilege) ?? []), column]));
  }
  return rights;
}
