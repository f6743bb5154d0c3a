import { createMailboxProbe } from '../../plugin/mail/mailbox-probe.js';

/** One test in a separate process, because TLS authorities are read when a process starts. Argument: the target as JSON. */
const report = await createMailboxProbe().run(JSON.parse(process.argv[2] ?? '') as never);
process.stdout.write(JSON.stringify(report));
