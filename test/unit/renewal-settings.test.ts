import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { keepEvents, policyOf } from '../../plugin/domain/token/renewal.js';
import { settingsOf } from '../support/samples.js';

const xml = readFileSync(new URL('../../sysconfig/definitions/OAuth2Sidecar.xml', import.meta.url), 'utf8');

/** The check and the default that the helpdesk's own screen uses for a value. */
function shipped(name: string) {
  const [, regex = '', value = ''] =
    new RegExp(`Name="OAuth2Sidecar::${name}"[\\s\\S]*?ValueRegex="([^"]*)">([^<]*)<`).exec(xml) ?? [];
  return { regex: new RegExp(regex), value };
}

const HOUR = 3_600_000;
const policy = (name: string, value: string) =>
  policyOf(settingsOf({ [`OAuth2Sidecar::Renewal::${name}`]: value }));
const days = (value: string) =>
  keepEvents(settingsOf({ 'OAuth2Sidecar::EventRetentionDays': value })) / (24 * HOUR);

describe('the settings for renewals', () => {
  for (const [name, least, most, usual, read] of [
    ['Renewal::LeadMinutes', 1, 720, 10, (value) => policy('LeadMinutes', value).lead / 60_000],
    ['Renewal::LeadPercent', 0, 50, 20, (value) => Math.round(policy('LeadPercent', value).leadShare * 100)],
    ['Renewal::MaxAgeHours', 0, 720, 24, (value) => policy('MaxAgeHours', value).maxAge / HOUR],
    [
      'Renewal::RequestsPerProvider',
      1,
      50,
      4,
      (value) => policy('RequestsPerProvider', value).requestsPerProvider,
    ],
    ['EventRetentionDays', 1, 3650, 180, days],
  ] as [string, number, number, number, (value: string) => number][])
    it(`${name} has the default ${usual}, accepts ${least} to ${most} and nothing else, and takes effect`, () => {
      const { regex, value } = shipped(name);
      expect(value).to.equal(String(usual));
      for (let number = -2; number <= 4000; number++) {
        const isWithin = number >= least && number <= most;
        expect(regex.test(String(number)), String(number)).to.equal(isWithin);
        // Values that bypass the check, for example through Config.pm.
        expect(read(String(number)), String(number)).to.equal(isWithin ? number : usual);
      }
      for (const nonsense of ['', ' ', 'ten', '1.5', '1e2', '10 ', '0x10', '\u0661'])
        expect(regex.test(nonsense), nonsense).to.equal(false);
    });
});
