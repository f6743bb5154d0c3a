import { createMailboxProbe } from '../../plugin/mail/mailbox-probe.js';

/** One test as a process of its own, because the authorities of TLS are read at its start. Argument: the target as JSON. */
const report = await createMailboxProbe().run(JSON.parse(process.argv[2] ?? '') as never);
process.stdout.write(JSON.stringify(report));
