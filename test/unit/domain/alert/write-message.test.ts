import { expect } from 'chai';
import type { Alert } from '../../../../plugin/domain/alert/alert.js';
import { writeMessage } from '../../../../plugin/domain/alert/write-message.js';
import { inEnglish } from '../../../../plugin/lib/phrase.js';

const NAME = 'Mail\u001b[31m\r\nBcc: x\u202e\u2028\u009b2J';

describe('the text of an alert', () => {
  it('holds no character of a name that controls a terminal, ends a line or turns it round', () => {
    const at = new Date('2026-11-24T12:00:00Z');
    const alert = {
      subject: 'configuration:1',
      name: NAME,
      state: 'expired',
      severity: 'error',
      cause: 'expired',
      since: at,
    } as unknown as Alert;
    const { title, text } = writeMessage(
      { id: 'msg_1', type: 'problem', at, host: 'help.example', link: 'https://help.example/' },
      { alerts: [alert] },
      { t: inEnglish, time: String, show: String } as never,
      new Map([['configuration:1', { sentence: `It says ${NAME}`, actor: null }]]),
    );
    expect(title).to.equal('[help.example] Needs attention: Mail [31m Bcc: x 2J');
    expect(text).to.contain('- It says Mail [31m Bcc: x 2J\n').and.to.contain(': Mail [31m Bcc: x 2J\n');
    expect(text).not.to.match(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
});
