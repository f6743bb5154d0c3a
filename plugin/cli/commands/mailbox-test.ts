import { MAIL_TYPES, RESULT_NAMES, STEP_NAMES } from '../../domain/mailbox/mailbox.js';
import { inEnglish } from '../../lib/phrase.js';
import type { MailboxTest, TestMailboxInput } from '../../usecases/test-mailbox.js';
import { type Call, type Command, JSON_OPTION, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { CONFIGURATION, configOf } from '../lookup.js';
import type { Output } from '../output.js';

type Target = TestMailboxInput['mailbox'];

/** The mailbox that was typed in or named; null: all that use the configuration. */
function chosen({ text, flag }: Call): Target | null {
  const [account, type, address, login] = [text('account'), text('type'), text('host'), text('login')];
  if (account !== undefined) {
    if (account === 'smtp') return 'smtp';
    if (!/^[1-9]\d{0,8}$/.test(account))
      throw new UsageError('--account is the ID of a mail account, or smtp.');
    return Number(account);
  }
  if (type === undefined && address === undefined && login === undefined) return null;
  if (type === undefined || address === undefined || login === undefined)
    throw new UsageError('Give --type, --host and --login together.');
  return { type, address, login, folder: text('folder') ?? '', allowUnprotected: flag('allow-unprotected') };
}

function print(out: Output, test: MailboxTest, withTranscript: boolean): void {
  const { mailbox, steps, explanation, settingChange, challenge, transcript } = test;
  out.line(`${mailbox.login} at ${mailbox.address} (${mailbox.type}): ${test.outcome}`);
  out.table(
    ['STEP', 'RESULT', 'MS', 'FOUND'],
    steps.map(({ name, result, ms, found }) => [
      inEnglish(STEP_NAMES[name]),
      inEnglish(RESULT_NAMES[result]),
      ms === null ? null : Math.round(ms),
      found.map(inEnglish).join(' '),
    ]),
  );
  for (const text of explanation) out.line(inEnglish(text));
  if (challenge) out.line(`Server response: ${challenge}`);
  // The command has several lines, and each must stay on its own line.
  if (settingChange) for (const line of ['Solution:', ...settingChange.command.split('\n')]) out.line(line);
  if (withTranscript)
    for (const { from, text } of transcript) out.line(`${from === 'client' ? 'C' : 'S'}: ${text}`);
}

export const command: Command = {
  summary: 'Signs in to mailboxes with the stored token, step by step, as the helpdesk does',
  details:
    'No token is renewed, and no mail is deleted or marked. Without further options, every mailbox that uses the configuration is tested. The exit code is 4 if a mailbox does not work.',
  arguments: [CONFIGURATION],
  options: {
    account: { value: 'ID', description: 'only this mail account, or "smtp" for outbound mail' },
    type: {
      value: 'TYPE',
      description: 'type of a mailbox that is not set up yet',
      choices: Object.keys(MAIL_TYPES),
    },
    host: { value: 'HOST', description: 'its mail server, with ":port" if that is not the default' },
    login: { value: 'LOGIN', description: 'its user name' },
    folder: { value: 'FOLDER', description: 'its folder (IMAP)' },
    'allow-unprotected': {
      description: 'allow an insecure connection: unencrypted, or with an invalid certificate',
    },
    relay: {
      description:
        'sign in at the relay instead, as programs with a relay password do, through to the mail server of the provider',
    },
    transcript: { description: 'show the dialogue with the server, without the token' },
    ...JSON_OPTION,
  },
  examples: [
    ['mailbox test "Support mailbox"', 'all mailboxes that use this configuration'],
    ['mailbox test 7 --account 3 --transcript', 'one mail account, with the dialogue'],
    [
      'mailbox test 7 --type IMAPS --host outlook.office365.com --login support@example.com',
      'before the mail account exists',
    ],
    ['mailbox test 7 --relay', 'the mailboxes that have relay passwords, through the relay'],
  ],
  async run(call) {
    if (call.flag('relay')) {
      const { testThroughRelay } = await import('../relay-test.js');
      return testThroughRelay(call);
    }
    const target = chosen(call);
    const adapters = call.helpdesk();
    const { id, name } = await configOf(adapters, call.arguments[0]);
    const [{ testMailbox }, { listMailboxes }] = await Promise.all([
      import('../../usecases/test-mailbox.js'),
      import('../../usecases/list-mailboxes.js'),
    ]);
    const deps = {
      tokenConfigs: await adapters.tokenConfigs(),
      tokens: await adapters.tokens(),
      usages: await adapters.usages(),
      identities: await adapters.identities(),
      settings: await adapters.settings(),
      mailboxes: await adapters.mailboxes(),
      lastTests: await adapters.lastTests(),
      abilities: await adapters.abilities(),
      clock: adapters.clock,
      log: adapters.log,
    };
    const { known, others } = target === null ? await listMailboxes(deps, id) : { known: [], others: [] };
    const targets: Target[] = target === null ? known.map(({ accountId }) => accountId ?? 'smtp') : [target];
    const tests: MailboxTest[] = [];
    for (const mailbox of targets) tests.push(await testMailbox(deps, { configId: id, mailbox }));
    if (call.flag('json'))
      call.out.json(
        tests.map((test) => ({
          ...test,
          steps: test.steps.map((step) => ({ ...step, found: step.found.map(inEnglish) })),
          explanation: test.explanation.map(inEnglish),
        })),
      );
    else if (tests.length + others.length === 0) call.out.line(`No mailbox uses "${name}".`);
    tests.forEach((test, at) => {
      if (call.flag('json')) return;
      if (at > 0) call.out.line();
      print(call.out, test, call.flag('transcript'));
    });
    for (const { login, type, relayed } of others)
      call.out.warn(
        relayed
          ? `${login} (${type}): signs in at the relay. Test that with --relay.`
          : `${login} (${type}): not fetched by IMAP or POP3, so not tested.`,
      );
    return tests.some(({ outcome }) => outcome === 'fault') ? EXIT.needsAttention : EXIT.ok;
  },
};
