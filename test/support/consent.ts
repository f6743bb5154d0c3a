import { CREDENTIALS } from '../lab/instance.js';
import { lab } from './instance.js';

/** Goes through the consent as a browser would. @returns the address that the provider sends the browser back to */
export async function consent(
  start: URL,
  answer: 'allow' | 'deny' = 'allow',
  account: string = CREDENTIALS.mailboxes[0],
): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | undefined;
  for (let hop = 0; hop < 8; hop++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await fetch(url, {
      headers: { Cookie: cookie },
      redirect: 'manual',
      ...(form ? { method: 'POST', body: form } : {}),
    });
    for (const text of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      cookies.set(name, value);
    }
    form = undefined;
    const location = reply.headers.get('location');
    if (location) {
      url = new URL(location, url);
      if (url.href.startsWith(lab.urls.callback)) return url;
    } else form = new URLSearchParams({ answer, account });
  }
  throw new Error('The consent did not end');
}
