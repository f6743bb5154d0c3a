import type { MailFetch } from '../../domain/mailbox/mail-fetches.js';
import type { Usage } from '../../domain/mailbox/usage.js';
import type { Show } from '../../domain/token/state-sentence.js';
import type { Reader } from '../reader.js';
import { screenUrl } from '../screen-url.js';

/** One user of a configuration, with its screen of the helpdesk. */
interface User {
  url: string;
  text: string;
  /** What else there is to say of it; '' if nothing. */
  more: string;
  fetched: string;
  failed: string;
}

/** Everything that uses a configuration: the first user, which fits in the row, and the others. */
export function presentUsers(
  { usage, configId }: { usage: Usage; configId: number },
  fetches: Map<number, MailFetch>,
  { t }: Reader,
  short: Show,
): { first: User | null; others: User[] } {
  const { mailAccounts, smtp, profiles, webServices, relayPasswords } = usage;
  const plain = (url: string, text: string, more = ''): User => ({
    url,
    text,
    more,
    fetched: '',
    failed: '',
  });
  const [first = null, ...others] = [
    ...mailAccounts.map(({ id, login, type, host, relayed }): User => {
      const { succeededAt, failedAt } = fetches.get(id) ?? { succeededAt: null, failedAt: null };
      const failed = failedAt && (!succeededAt || failedAt > succeededAt);
      return {
        ...plain(
          `index.pl?Action=AdminMailAccount;Subaction=Update;ID=${id}`,
          login,
          [type, host, relayed ? t('through the relay') : ''].filter(Boolean).join(', '),
        ),
        fetched: succeededAt ? t('Mail last fetched: %s.', short.time(succeededAt)) : '',
        failed: failed ? t('The last fetch failed: %s.', short.time(failedAt)) : '',
      };
    }),
    ...(smtp
      ? [
          plain(
            'index.pl?Action=AdminSystemConfiguration;Subaction=View;Setting=SendmailModule%3A%3AOAuth2TokenConfigName',
            t('Outbound e-mail (SMTP)'),
          ),
        ]
      : []),
    ...profiles.map(({ id, module, host }) =>
      plain(
        `index.pl?Action=AdminSendmailConfig;Subaction=Update;ID=${id}`,
        `${t('Outbound email profile')} ${module}`,
        host,
      ),
    ),
    ...webServices.map(({ id, name }) =>
      plain(
        `index.pl?Action=AdminGenericInterfaceWebservice;Subaction=Change;WebserviceID=${id}`,
        `${t('Web service')} ${name}`,
      ),
    ),
    ...(relayPasswords.length > 0
      ? [
          plain(
            screenUrl('RelayPasswords', { ID: configId }),
            t('Relay passwords: %s', relayPasswords.length),
          ),
        ]
      : []),
  ];
  return { first, others };
}
