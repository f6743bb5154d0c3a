import { lab } from './instance.js';
import { asRead, type Session } from './session.js';

export interface Upload {
  subaction: string;
  /** Of the form's field. */
  name: string;
  /** null: no file was chosen. */
  content: Uint8Array | null;
  /** Of the configuration. */
  id?: number | string;
  /** Another way to index.pl. */
  url?: string;
}

/** Posts a file as a form of the screens does, with the challenge token; redirects are not followed. */
export function upload(
  who: Session,
  { subaction, name, content, id = '', url = lab.urls.helpdesk }: Upload,
): Promise<Response> {
  const form = new FormData();
  form.set('ChallengeToken', who.challengeToken);
  form.set('ID', String(id));
  if (content) form.set(name, new Blob([content]), 'file');
  return asRead(
    fetch(`${url}?Action=AdminOAuth2TokenManagement;Subaction=${subaction}`, {
      method: 'POST',
      headers: { Cookie: `OTRSAgentInterface=${who.id}` },
      body: form,
      redirect: 'manual',
    }),
  );
}
