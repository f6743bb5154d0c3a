import { CHANNEL_NAMES } from '../../domain/alert/alert-channel.js';
import { inEnglish } from '../../lib/phrase.js';
import type { AlertTest } from '../../usecases/alert/test-alerts.js';
import { type Command, JSON_OPTION } from '../command.js';
import { EXIT } from '../exit-codes.js';

/** One word for the table and for scripts. */
const resultOf = ({ state, delivery }: AlertTest): string =>
  delivery ? (delivery.ok ? 'sent' : 'failed') : state === 'off' ? 'off' : 'not set up';

export const command: Command = {
  summary: 'Sends a test message through the alert channels, and shows the response',
  details:
    'Without a channel, the test goes to every enabled channel. The exit code is 4 if a message did not arrive, or if no channel is enabled.',
  arguments: [
    {
      name: 'channel',
      description: 'only this one',
      optional: true,
      choices: CHANNEL_NAMES,
    },
  ],
  options: JSON_OPTION,
  examples: [
    ['alert test', 'every enabled channel'],
    ['alert test mail', 'one channel'],
  ],
  async run({ arguments: [name], helpdesk, flag, out }) {
    const adapters = helpdesk();
    await adapters.ready();
    const { testAlerts } = await import('../../usecases/alert/test-alerts.js');
    const names = CHANNEL_NAMES.filter((one) => name === undefined || one === name);
    const all = await testAlerts(await adapters.alerting(), names);
    const tests = name === undefined ? all.filter(({ state }) => state !== 'off') : all;
    if (flag('json'))
      out.json(
        tests.map(({ name: channel, delivery, remarks, ...test }) => ({
          channel,
          result: resultOf({ name: channel, delivery, remarks, ...test }),
          answer: delivery?.answer ?? null,
          remarks: remarks.map(inEnglish),
        })),
      );
    else {
      if (tests.length === 0) out.line('No channel is enabled.');
      else
        out.table(
          ['CHANNEL', 'RESULT', 'RESPONSE'],
          tests.map((test) => [test.name, resultOf(test), test.delivery?.answer]),
        );
      for (const { name: channel, remarks } of tests)
        for (const remark of remarks) out.warn(`${channel}: ${inEnglish(remark)}`);
    }
    return tests.length > 0 && tests.every(({ delivery }) => delivery?.ok) ? EXIT.ok : EXIT.needsAttention;
  },
};
