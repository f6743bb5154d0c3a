import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Knex } from 'knex';
import type { Connection } from 'mysql2';
import { fingerprint } from '../../../plugin/lib/public-key.js';
import type { KnownServer } from '../connection.js';
import { certificateKey } from './guard-password.js';

/**
 * `mariadb` for a server that never asks for the password itself; otherwise fingerprints of the keys that
 * MySQL shows: the one that encrypts passwords, and its certificate's.
 */
export async function identity(knex: Knex): Promise<KnownServer> {
  const [[{ version }]] = await knex.raw('SELECT VERSION() AS version');
  if (/mariadb/i.test(String(version))) return ['mariadb'];
  const [rows] = await knex.raw("SHOW STATUS LIKE '%rsa_public_key'");
  const keys = (rows as { Value: string }[]).flatMap(({ Value }) => readKey(Value) ?? []);
  const connection: Connection = await knex.client.acquireConnection();
  try {
    keys.push(...[certificateKey(connection) ?? []].flat());
  } finally {
    await knex.client.releaseConnection(connection);
  }
  return [...new Set(keys.map(fingerprint))];
}

function readKey(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem);
  } catch {
    return null;
  }
}
