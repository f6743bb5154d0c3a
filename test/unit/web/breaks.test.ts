import { expect } from 'chai';
import { withBreaks } from '../../../plugin/web/breaks.js';

describe('places where a long name may break', () => {
  const cases: Record<string, string> = {
    'SendmailModule::AuthenticationType': 'SendmailModule::|AuthenticationType',
    'SendmailModule::OAuth2TokenConfigName': 'SendmailModule::|OAuth2|Token|Config|Name',
    '2RUskMe0qdrCaBcDeFgHiJkLmN': '2RUskMe0qdrCaBcDeFgHiJkLmN',
    'https://outlook.office.com/IMAP.AccessAsUser.All': 'https://outlook.office.com/|IMAP.AccessAsUser.All',
    '/opt/znuny/Kernel/Config.pm': '/opt/|znuny/|Kernel/|Config.pm',
    'Authorized by support@example.com.': 'Authorized by support|@example.com.',
    'Google Workspace / Gmail: @ and ::': 'Google Workspace / Gmail: @ and ::',
    'Admin::Config::Update --setting-name HttpType': 'Admin::|Config::|Update [--setting-name] HttpType',
    'a -- b --': 'a -- b --',
    "<<'END'\n---\n- outlook.office365.com\nEND": "<<'END'\n---\n- outlook.office365.com\nEND",
  };
  for (const [text, broken] of Object.entries(cases))
    it(`are between its parts: ${text}`, () => {
      const html = withBreaks(text);
      const shown = html
        .replaceAll('<wbr>', '|')
        .replaceAll(/<span class="OAuth2Whole">(.*?)<\/span>/g, '[$1]');
      expect(shown).to.equal(broken);
    });
});
