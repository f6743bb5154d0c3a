import type { HistoryQuery, TokenEvent } from '../../domain/token/event-store.js';
import { SidecarError } from '../../errors.js';
import { type Command, JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { CONFIGURATION, configOf, numberOf, reading } from '../lookup.js';

const KINDS: readonly TokenEvent['what'][] = [
  'renewal',
  'consent',
  'admin-consent',
  'revocation',
  'state',
  'config-added',
  'config-changed',
  'config-deleted',
  'mailbox-muted',
  'mailbox-unmuted',
  'relay-password-created',
  'relay-password-revoked',
];

export const command: Command = {
  summary: 'Shows the history of renewals, consents and changes, newest first',
  arguments: [
    {
      ...CONFIGURATION,
      description: `${CONFIGURATION.description}; the ID may be that of a deleted one`,
      optional: true,
    },
  ],
  options: {
    limit: { value: 'N', description: 'maximum number; default: 50' },
    what: { value: 'WHAT', description: 'only events of this kind', choices: KINDS },
    failed: { description: 'only failures' },
    ...JSON_OPTION,
  },
  examples: [
    ['events', 'the last 50 events of all configurations'],
    ['events "Support mailbox" --failed', 'failures of one configuration'],
    ['events --what renewal --limit 1000 --json', 'for a script'],
  ],
  async run(call) {
    const {
      arguments: [word],
      helpdesk,
      flag,
      text,
      out,
    } = call;
    const query: HistoryQuery = { page: 1, pageSize: numberOf(call, 'limit', 50, 100_000) };
    const adapters = helpdesk();
    if (word !== undefined)
      query.configId = await configOf(adapters, word).then(
        ({ id }) => id,
        (error) => {
          const gone = error instanceof SidecarError && error.code === 'unknown-token-config';
          if (gone && /^\d{1,9}$/.test(word)) return Number(word);
          throw error;
        },
      );
    const what = text('what') as TokenEvent['what'] | undefined;
    if (what !== undefined) query.what = what;
    if (flag('failed')) query.outcome = 'failed';
    const store = await adapters.events();
    const { events } = await reading(adapters, () => store.history(query));
    if (flag('json')) out.json(events);
    else
      out.table(
        ['TIME', 'ID', 'CONFIGURATION', 'WHO', 'WHAT', 'OUTCOME', 'CODE', 'MS'],
        events.map((event) => [
          event.at,
          event.configId,
          event.name,
          event.actor === null ? 'sidecar' : (event.login ?? `#${event.actor}`),
          event.what,
          event.outcome,
          event.code,
          event.durationMs,
        ]),
      );
    return EXIT.ok;
  },
};
