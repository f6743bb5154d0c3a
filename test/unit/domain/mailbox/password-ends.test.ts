import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { moveLink, PASSWORD_ENDS, passwordEndOf } from '../../../../plugin/domain/mailbox/password-ends.js';
import { passwordSentence } from '../../../../plugin/domain/mailbox/password-sentence.js';
import { inEnglish } from '../../../../plugin/lib/phrase.js';

const TEMPLATES = path.resolve(import.meta.dirname, '../../../../templates/providers');
const day = (date: Date) => date.toISOString().slice(0, 10);
const said = (host: string, protocol: 'imap' | 'smtp', stage: Parameters<typeof passwordSentence>[1]) => {
  const end = passwordEndOf({ host, protocol });
  return end && inEnglish(passwordSentence(end, stage, day));
};

describe('the days on which providers end sign-in with passwords', () => {
  it('have a source, a day of the check, and a page that begins the move', () => {
    for (const end of PASSWORD_ENDS) {
      const { service, source, checked, template } = end;
      expect(source, service).to.match(/^https:\/\/(\w+\.)?(microsoft|google)\.com\//);
      for (const date of [checked, end.day ?? checked])
        expect(day(new Date(`${date}T00:00:00Z`)), service).to.equal(date);
      expect(
        existsSync(path.join(TEMPLATES, `${template ?? 'microsoft-organizations'}.yml`)),
        service,
      ).to.equal(true);
      expect(moveLink(end)).to.match(
        /^index\.pl\?Action=AdminOAuth2TokenManagement;Subaction=(ConnectMicrosoft$|Add)/,
      );
    }
  });

  it('are told as a sentence, with what may still work', () => {
    expect(said('smtp.office365.com', 'smtp', 'ahead')).to.equal(
      'Exchange Online accepts passwords until 2026-12-31. An administrator of the tenant can allow them again after that date.',
    );
    expect(said('outlook.office365.com', 'imap', 'over')).to.equal(
      'Exchange Online has not accepted passwords since 2022-10-01.',
    );
    expect(said('imap.gmail.com', 'imap', 'app-password')).to.equal(
      'Gmail, Google Workspace has not accepted account passwords since 2025-05-01. An app password of an account with 2-Step Verification still works.',
    );
    expect(said('outlook.office365.us', 'imap', 'unknown')).to.equal(
      'Microsoft 365 US Government: it is not known when passwords will stop working.',
    );
  });
});
