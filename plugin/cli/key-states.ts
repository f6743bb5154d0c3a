import type { KeyState } from '../domain/provider/client-keys.js';

/** What a table says of a private key. */
export const KEY_STATES: Readonly<Record<KeyState, string>> = {
  usable: 'usable',
  missing: 'key missing here',
  unsafe: 'key open to others',
  damaged: 'key file damaged',
};
