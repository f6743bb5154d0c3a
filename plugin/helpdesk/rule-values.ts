/** What the rules of Apache and nginx have in common. Each throws RangeError for what cannot stand in a configuration file. */

/** @returns the ScriptAlias without slashes at its ends */
export function aliasOf(scriptAlias: string): string {
  const alias = scriptAlias.replace(/^\/+|\/+$/g, '');
  if (!/^[\w.~-]+(\/[\w.~-]+)*$/.test(alias))
    throw new RangeError('ScriptAlias holds characters that do not belong in a path');
  return alias;
}

/** As a pattern that means exactly this text. */
export const escaped = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}#]/g, '\\$&');

/** The page in parts must end no quote, and hold nothing that a web server replaces by something else. */
export function pageOf(awayPage: string[]): string[] {
  if (awayPage.some((part) => /['$%\\]|[^ -~]/.test(part)))
    throw new RangeError('The page holds characters that do not belong in a configuration file');
  return awayPage;
}
