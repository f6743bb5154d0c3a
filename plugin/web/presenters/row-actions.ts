import { isMailType } from '../../domain/mailbox/mailbox.js';
import type { Usage } from '../../domain/mailbox/usage.js';
import { type ActionFacts, type NextAction, nextAction } from '../../domain/token/next-action.js';
import type { TokenState } from '../../domain/token/token-state.js';
import type { Reader } from '../reader.js';

/** An action of a row. */
interface RowAction {
  text: string;
  icon: string;
  subaction: string;
  /** It changes something: a form with the challenge token. Otherwise a link. */
  posts: boolean;
  /** Mailbox that the action is about; '' for none. */
  mailbox: string;
  /** What the row says while the action runs in the background; '' if it leaves the page. */
  running: string;
}

/** The mailbox that is tested and fetched from the row: the one in trouble, or the only one. */
function mailboxOf({ mailAccounts, smtp }: Usage, { mail }: TokenState) {
  const trouble = mail?.trouble;
  const accounts = mailAccounts.filter(({ type }) => isMailType(type));
  const [only] = accounts.length + (smtp ? 1 : 0) === 1 ? accounts : [];
  const account = trouble ? accounts.find(({ id }) => id === trouble.accountId) : only;
  const isSmtp = trouble ? trouble.accountId === null : smtp && accounts.length === 0;
  return {
    account: account ? String(account.id) : '',
    // The relay is tested on the command line.
    test: account?.relayed ? '' : String(account?.id ?? (isSmtp ? 'smtp' : '')),
  };
}

/**
 * What can be done with a configuration: one main action, and the others for the menu.
 * @param facts `testable` is determined here
 */
export function presentActions(
  state: TokenState,
  usage: Usage,
  facts: Omit<ActionFacts, 'testable'>,
  { t }: Reader,
) {
  const testable = usage.smtp || usage.mailAccounts.length > 0;
  const main = nextAction(state, { ...facts, testable });
  const mailbox = mailboxOf(usage, state);
  const link = (text: string, icon: string, subaction: string): RowAction => ({
    text,
    icon,
    subaction,
    posts: false,
    mailbox: '',
    running: '',
  });
  const all: Record<NextAction, RowAction | null> & Record<string, RowAction | null> = {
    'request-token': facts.withoutPerson
      ? null
      : { ...link(t('Request new token'), 'fa-key', 'RequestToken'), posts: true },
    renew: facts.renewable
      ? {
          ...link(t('Renew now'), 'fa-refresh', 'RefreshToken'),
          posts: true,
          running: t('Renewing the token …'),
        }
      : null,
    test: mailbox.test
      ? {
          ...link(t('Test'), 'fa-stethoscope', 'TestMailbox'),
          posts: true,
          mailbox: mailbox.test,
          running: t('Testing the mailbox …'),
        }
      : link(t('Test'), 'fa-stethoscope', 'TestMailbox'),
    fetch: mailbox.account
      ? {
          ...link(t('Fetch now'), 'fa-download', 'FetchMail'),
          posts: true,
          mailbox: mailbox.account,
          running: t('Fetching mail …'),
        }
      : null,
    'next-steps': link(t('Next steps'), 'fa-arrow-right', 'NextSteps'),
    edit: link(t('Edit'), 'fa-pencil', 'EditTokenConfig'),
    copy: { ...link(t('Copy'), 'fa-copy', 'CopyTokenConfig'), posts: true },
    export: link(t('Export'), 'fa-share-square-o', 'Export'),
    history: link(t('History'), 'fa-history', 'History'),
    delete: facts.used ? null : link(t('Delete'), 'fa-trash-o', 'DeleteTokenConfig'),
  };
  const menu = Object.entries(all).flatMap(([name, action]) => (action && name !== main ? [action] : []));
  return { main: all[main] ?? null, menu };
}
