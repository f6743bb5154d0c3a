import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { createWebhook } from '../../../plugin/alert/webhook.js';
import type { AlertMessage } from '../../../plugin/domain/alert/alert-message.js';
import type { HttpSender } from '../../../plugin/domain/alert/http-sender.js';
import { WEBHOOK_FORMATS, type WebhookFormat } from '../../../plugin/domain/alert/webhook-body.js';

const KEY = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const MESSAGE: AlertMessage = {
  id: 'msg_1',
  type: 'resolved',
  at: '2026-11-24T12:00:00.000Z',
  title: 'Works again: <Büro> & Co',
  text: 'This works again:\n\n- Affected (1): <Büro> & Co',
  link: 'https://help.example/index.pl',
  groups: [],
};
const NOW = new Date();

async function posted(format: WebhookFormat, answer: Awaited<ReturnType<HttpSender>> = ok) {
  const requests: Parameters<HttpSender>[0][] = [];
  const send: HttpSender = async (request) => {
    requests.push(request);
    return answer;
  };
  const url = new URL('https://hooks.example/services/secret');
  const webhook = createWebhook({ url, key: Buffer.from(KEY, 'base64'), format }, { send, clock: () => NOW });
  const delivery = await webhook.send(MESSAGE);
  const [{ headers = {}, body = '' } = {}] = requests;
  return { delivery, headers, body };
}
const ok = { status: 200, text: 'ok', retryAfter: null };

describe('the webhook as an alert channel', () => {
  for (const format of WEBHOOK_FORMATS)
    it(`signs the format ${format} as the library of Standard Webhooks does`, async () => {
      const { headers, body } = await posted(format);
      expect(headers['webhook-id']).to.equal('msg_1');
      const at = new Date(Number(headers['webhook-timestamp']) * 1000);
      expect(headers['webhook-signature']).to.equal(new Webhook(`whsec_${KEY}`).sign('msg_1', at, body));
      expect(headers['Content-Length']).to.equal(String(Buffer.byteLength(body)));
    });

  it('writes what Slack, Teams and ntfy take', async () => {
    const slack = await posted('slack');
    expect(JSON.parse(slack.body)).to.deep.equal({
      text: '*Works again: &lt;Büro&gt; &amp; Co*\nThis works again:\n\n- Affected (1): &lt;Büro&gt; &amp; Co',
    });
    const teams = JSON.parse((await posted('teams')).body);
    expect([teams.type, teams.attachments[0].contentType]).to.deep.equal([
      'message',
      'application/vnd.microsoft.card.adaptive',
    ]);
    expect(teams.attachments[0].content.body.map(({ text }: { text: string }) => text)).to.deep.equal([
      MESSAGE.title,
      MESSAGE.text,
    ]);
    const text = await posted('text');
    expect([text.headers['Content-Type'], text.body]).to.deep.equal([
      'text/plain; charset=utf-8',
      `${MESSAGE.title}\n\n${MESSAGE.text}`,
    ]);
  });

  it('takes 2xx as received, heeds Retry-After, and gives up at 410', async () => {
    const outcome = async (answer: Awaited<ReturnType<HttpSender>>) =>
      (await posted('standard', answer)).delivery;
    expect(await outcome(ok)).to.deep.equal({ ok: true, answer: 'HTTP 200: ok' });
    expect(await outcome({ status: 429, text: '', retryAfter: 7000 })).to.deep.equal({
      ok: false,
      answer: 'HTTP 429',
      gone: false,
      retryAfter: 7000,
    });
    expect(await outcome({ status: 302, text: '', retryAfter: null })).to.deep.include({ ok: false });
    expect(await outcome({ status: 410, text: '', retryAfter: null })).to.deep.include({ gone: true });
    expect(await outcome({ code: 'ECONNREFUSED' })).to.deep.equal({ ok: false, answer: 'ECONNREFUSED' });
  });
});
