import type { Granted } from '../grants.js';

/**
 * For each table, the rights that `there` has and `here` lacks, as the list of rights in a statement.
 * @param quoted quotes the name of a column
 */
export function lacking(
  here: Granted,
  there: Granted,
  quoted: (name: string) => string,
): { table: string; rights: string }[] {
  return [...there].flatMap(([table, rights]) => {
    const parts = [...rights].flatMap(([right, columns]) => {
      const has = here.get(table)?.get(right);
      if (has === null && columns === null) return [];
      if (columns === null) return [right];
      const missing = [...columns].filter((column) => !has?.has(column));
      return missing.length > 0 ? [`${right} (${missing.map(quoted).join(', ')})`] : [];
    });
    return parts.length > 0 ? [{ table, rights: parts.join(', ') }] : [];
  });
}
