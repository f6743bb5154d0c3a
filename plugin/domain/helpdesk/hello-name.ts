import type { Settings } from './settings.js';

/**
 * This host's name for mail servers and clients: FQDN without a port, which RFC 5321 §4.1.1.1 does not allow;
 * the helpdesk removes it, too.
 */
export function helloName(settings: Settings): string {
  const name = settings.text('FQDN').replace(/:\d+/, '');
  return /^[a-z0-9.-]{1,250}$/i.test(name) ? name : 'localhost';
}
