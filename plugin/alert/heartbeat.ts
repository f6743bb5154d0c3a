import type { Delivery } from '../domain/alert/alert-channel.js';
import type { HttpSender } from '../domain/alert/http-sender.js';

/** Calls an address that raises the alarm when it is not called in time. */
export async function beat(url: URL, send: HttpSender): Promise<Delivery> {
  const answer = await send({ url, method: 'GET' });
  if ('code' in answer) return { ok: false, answer: answer.code };
  return { ok: answer.status >= 200 && answer.status < 300, answer: `HTTP ${answer.status}` };
}
