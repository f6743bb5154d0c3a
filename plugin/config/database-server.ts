import { SidecarError } from '../errors.js';

/**
 * Reads SIDECAR_DATABASE_SERVER: `mariadb`, fingerprints (`SHA256:…`) of the server's keys, or `any`; see
 * KnownServer in db/dialect/connection.ts.
 * @throws SidecarError config-invalid
 */
export function databaseServer(text: string): readonly string[] {
  const words = text.split(/[\s,]+/).filter(Boolean);
  if (!words.every((word) => /^(mariadb|any|SHA256:[A-Za-z0-9+/]{43})$/.test(word)))
    throw new SidecarError('config-invalid', {
      detail:
        'SIDECAR_DATABASE_SERVER must be "mariadb", or fingerprints of the server\'s keys (SHA256:…) as "znuny-oauth2 install" notes them, or "any".',
    });
  return Object.freeze(words);
}
