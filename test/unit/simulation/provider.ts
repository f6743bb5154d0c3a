import { ProviderError, type ProviderFailure } from '../../../plugin/domain/provider/provider-error.js';
import type { Random } from '../../support/random.js';

const MINUTE = 60_000;

/** A consent at the provider. */
export interface Grant {
  alive: boolean;
  /** Of the newest refresh token. */
  serial: number;
  rotates: boolean;
  secretIsRight: boolean;
  /** Milliseconds. */
  lifetime: number;
  issuedAt: number;
  /** Since when the grant has been in this state: alive or not, with the right secret or not. */
  soundSince: number;
  /** When somebody other than the renewal service last touched it. */
  troubledAt: number;
  host: number;
}

export interface Window {
  from: number;
  until: number;
  kind: 'outage' | 'storm';
}

const failure = (changes: Partial<ProviderFailure>) =>
  new ProviderError({
    outcome: 'transient',
    error: 'network',
    ...changes,
  });

/** Outages of some minutes to some hours, and storms of 429 with Retry-After. */
function windowsOf(start: number, end: number, random: Random): Window[] {
  const windows: Window[] = [];
  let time = start;
  for (;;) {
    time += random.between(6, 90) * 60 * MINUTE;
    if (time >= end) return windows;
    const until = time + (random.chance(0.8) ? random.between(2, 50) : random.between(50, 400)) * MINUTE;
    windows.push({ from: time, until, kind: random.chance(0.3) ? 'storm' : 'outage' });
    time = until;
  }
}

export function createProvider(
  start: number,
  end: number,
  hosts: number,
  random: Random,
  clock: () => Date,
  onReuse: (id: number) => void,
) {
  const grants: Grant[] = [];
  const windows = Array.from({ length: hosts }, () => windowsOf(start, end, random));
  let requests = 0;

  const windowAt = (host: number, time: number): Window | undefined => {
    const list = windows[host] as Window[];
    let low = 0;
    let high = list.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const window = list[middle] as Window;
      if (time < window.from) high = middle - 1;
      else if (time >= window.until) low = middle + 1;
      else return window;
    }
    return undefined;
  };

  return {
    grants,
    windows,
    windowAt,
    requests: () => requests,
    /** A refresh token works once where tokens rotate; its second use ends the grant. */
    refresh(id: number, refreshToken: string): Record<string, unknown> {
      requests++;
      const grant = grants[id] as Grant;
      const now = clock().getTime();
      const window = windowAt(grant.host, now);
      if (window?.kind === 'storm')
        throw failure({ error: 'http_429', status: 429, retryAfter: 60 + (id % 120) });
      if (window) throw failure(id % 3 === 0 ? { error: 'timeout' } : { error: 'http_503', status: 503 });
      if (!grant.secretIsRight)
        throw failure({ outcome: 'client-rejected', error: 'invalid_client', status: 401 });
      const serial = Number(refreshToken.split('.')[1]);
      if (grant.alive && grant.rotates && serial !== grant.serial) {
        onReuse(id);
        Object.assign(grant, { alive: false, soundSince: now, troubledAt: now });
      }
      if (!grant.alive) throw failure({ outcome: 'grant-dead', error: 'invalid_grant', status: 400 });
      if (grant.rotates) grant.serial++;
      grant.issuedAt = now;
      return {
        access_token: `access.${now}.${requests}`,
        expires_in: grant.lifetime / 1000,
        ...(grant.rotates ? { refresh_token: `refresh.${grant.serial}` } : {}),
      };
    },
  };
}
export type Provider = ReturnType<typeof createProvider>;
