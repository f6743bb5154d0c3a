import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { TokenConfig, TokenConfigDocument } from '../../plugin/domain/configuration/token-config.js';
import type { HelpdeskCaches } from '../../plugin/domain/helpdesk/caches.js';
import type { Settings, SettingsReader } from '../../plugin/domain/helpdesk/settings.js';
import { NO_USAGE, type Usage, type UsageStore } from '../../plugin/domain/mailbox/usage.js';
import type { StoredToken } from '../../plugin/domain/token/token.js';

export function settingsOf(values: Record<string, unknown> = {}): Settings {
  const all: Record<string, unknown> = {
    HttpType: 'https',
    FQDN: 'helpdesk.example.org',
    ScriptAlias: 'otrs/',
    ...values,
  };
  const scalar = (name: string) => {
    const value = all[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  return {
    deploymentId: 1,
    get: (name) => all[name],
    text: (name, fallback = '') => scalar(name) ?? fallback,
    number: (name, fallback) => (scalar(name) === undefined ? fallback : Number(scalar(name))),
    flag: (name, fallback) =>
      scalar(name) === undefined ? fallback : !['', '0'].includes(scalar(name) ?? ''),
  };
}

export const settingsReader = (values?: Record<string, unknown>): SettingsReader => ({
  current: async () => settingsOf(values),
});

/** Template -> its document: tests ask for thousands, and YAML takes milliseconds. */
const shipped = new Map<string, TokenConfigDocument>();

function shippedDocument(template: string): TokenConfigDocument {
  const known = shipped.get(template);
  if (known) return known;
  const file = path.resolve(import.meta.dirname, '../../templates/providers', `${template}.yml`);
  const [entry] = parse(readFileSync(file, 'utf8')) as { Config: TokenConfigDocument }[];
  const document = entry?.Config ?? ({} as TokenConfigDocument);
  shipped.set(template, document);
  return document;
}

/** A document from one of the shipped templates, with credentials. */
export function documentOf(
  template = 'microsoft-common',
  changes: Partial<TokenConfigDocument> = {},
): TokenConfigDocument {
  return {
    ...structuredClone(shippedDocument(template)),
    ClientID: 'client-1',
    ClientSecret: 'secret-of-client-1',
    ...changes,
  };
}

export function configOf(changes: Partial<TokenConfig> = {}): TokenConfig {
  const time = new Date('2026-11-01T08:00:00Z');
  return {
    id: 7,
    name: 'Support mailbox',
    document: documentOf(),
    validId: 1,
    createTime: time,
    createBy: 1,
    changeTime: time,
    changeBy: 1,
    ...changes,
  };
}

/** By default received at 11:30 and valid for one hour, so at 12:00 half an hour is left. */
export function tokenOf(changes: Partial<StoredToken> = {}): StoredToken {
  return {
    configId: 7,
    accessToken: 'access-0',
    accessTokenExpiresAt: new Date('2026-11-24T12:30:00Z'),
    refreshToken: 'refresh-0',
    refreshTokenExpiresAt: null,
    errorMessage: null,
    errorDescription: null,
    errorCode: null,
    changeTime: new Date('2026-11-24T11:30:00Z'),
    ...changes,
  };
}

export const noUsage: Usage = NO_USAGE;

export const usagesOf = (usage: Usage = noUsage): UsageStore => ({
  of: async (configs) => new Map(configs.map(({ id }) => [id, usage])),
});

export function countingCaches(): HelpdeskCaches & { forgotten: number } {
  return {
    forgotten: 0,
    async forgetTokenConfigs() {
      this.forgotten++;
    },
  };
}
