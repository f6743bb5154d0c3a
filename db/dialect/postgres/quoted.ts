/** A name as statements take it; case-sensitive. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
