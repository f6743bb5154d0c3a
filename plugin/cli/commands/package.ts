import { type Command, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';

export const command: Command = {
  summary: "Writes the add-on (.opm) for the helpdesk's package manager",
  details: 'For a helpdesk on another machine; "install" does this automatically.',
  options: { output: { value: 'FILE', description: 'output file; default: standard output' } },
  examples: [['package --output OAuth2Sidecar.opm', 'then upload it in Admin → Package Manager']],
  async run({ text, out }) {
    const [{ packageFolder, packageVersion }, { buildOpm }, { writeFileSync }] = await Promise.all([
      import('../../lib/package-folder.js'),
      import('../../../sysconfig/opm.js'),
      import('node:fs'),
    ]);
    const opm = buildOpm(packageFolder(), packageVersion());
    const file = text('output');
    if (file === undefined) out.raw(opm);
    else
      try {
        writeFileSync(file, opm);
      } catch (error) {
        throw new UsageError(`"${file}" cannot be written (${(error as NodeJS.ErrnoException).code}).`);
      }
    return EXIT.ok;
  },
};
