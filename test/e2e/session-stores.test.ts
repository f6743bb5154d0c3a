import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CREDENTIALS } from '../lab/instance.js';
import { changeSettings } from '../support/helpdesk.js';
import { databaseRows, lab, type Session, session } from '../support/lab.js';

const SCREEN = 'Action=AdminOAuth2TokenManagement';
const FILES = 'Kernel::System::AuthSession::FS';
const codeOf = (page: string) => /data-code="([^"]*)"/.exec(page)?.[1];

/** From a page of the helpdesk, because the database has none. */
async function withToken(own: Session): Promise<string> {
  const page = await (await own.get('Action=AgentDashboard')).text();
  return /"ChallengeToken":"(\w{32})"/.exec(page)?.[1] ?? '';
}

describe('sessions outside the database', () => {
  after(() =>
    changeSettings([
      { name: 'SessionModule', value: 'Kernel::System::AuthSession::DB' },
      { name: 'SessionUseCookie', value: '1' },
    ]),
  );

  it('work in files, as the helpdesk writes them: screens, rights, challenge token, log-out', async () => {
    await changeSettings([{ name: 'SessionModule', value: FILES }]);
    const admin = await session(CREDENTIALS.admin);
    expect(existsSync(path.join(lab.home, 'var/sessions', `Data-${admin.id}`))).to.equal(true);
    expect(await databaseRows(`SELECT id FROM sessions WHERE session_id = '${admin.id}'`)).to.deep.equal([]);

    const page = await (await admin.get(SCREEN)).text();
    expect(page).to.contain('OAuth2Overview').and.contain('id="NavigationContainer"');
    expect((await admin.get(`${SCREEN};Subaction=Bar`)).status).to.be.oneOf([200, 204]);

    const ChallengeToken = await withToken(admin);
    expect(page).to.contain(ChallengeToken);
    const forged = await admin.post(`${SCREEN};Subaction=RefreshToken`, {
      ID: '999999',
      ChallengeToken: 'x',
    });
    expect(codeOf(await forged.text())).to.equal('challenge-token-invalid');
    const rightful = await admin.post(`${SCREEN};Subaction=RefreshToken`, { ID: '999999', ChallengeToken });
    expect(codeOf(await rightful.text())).to.equal('unknown-token-config');

    const agent = await session(CREDENTIALS.agent);
    expect((await agent.get(SCREEN)).status).to.equal(403);

    await admin.get(`Action=Logout;ChallengeToken=${ChallengeToken}`);
    const gone = await admin.get(SCREEN);
    expect([gone.status, gone.headers.get('location')?.split('=')[0]]).to.deep.equal([
      303,
      'index.pl?RequestedURL',
    ]);
  });

  it('without cookies lead to a page that names the setting, and to nothing else', async () => {
    await changeSettings([{ name: 'SessionUseCookie', value: '0' }]);
    for (const address of [`${lab.urls.helpdesk}?${SCREEN}`, `${lab.urls.callback}?code=x;state=y`]) {
      const answer = await fetch(address, { redirect: 'manual' });
      const page = await answer.text();
      expect([answer.status, codeOf(page)]).to.deep.equal([501, 'session-unreadable']);
      expect(page).to.contain('The setting SessionUseCookie is off.');
    }
    const bar = await fetch(`${lab.urls.helpdesk}?${SCREEN};Subaction=Bar`);
    expect([bar.status, await bar.text()]).to.deep.equal([501, '']);
  });
});
