import { COMMON } from '../domain/product/records.js';

/** The URL of a screen, relative to the helpdesk's index.pl, with the helpdesk's own separator. */
export function screenUrl(subaction: string, parameters: Record<string, unknown> = {}): string {
  const pairs: [string, unknown][] = [['Action', COMMON.screens.action]];
  if (subaction) pairs.push(['Subaction', subaction]);
  pairs.push(...Object.entries(parameters).filter(([, value]) => value !== undefined && value !== ''));
  return `index.pl?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join(';')}`;
}
