import { type Command, UsageError } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { commandHelp, commandsUnder, meant, overview } from '../usage.js';

export const command: Command = {
  summary: 'Lists the commands, or describes one',
  arguments: [
    { name: 'command', description: 'a command, or the first word of a group', optional: true },
    { name: 'subcommand', description: 'the second word', optional: true },
  ],
  options: { man: { description: 'print the manual page (roff)' } },
  examples: [
    ['help', 'lists all commands'],
    ['help config', 'lists the commands that begin with "config"'],
    ['help token renew', 'describes one command'],
    ['help --man | man -l -', 'shows the manual page if it is not installed'],
  ],
  async run({ arguments: words, commands, flag, out }) {
    if (flag('man')) {
      const [{ manPage }, { packageVersion }] = await Promise.all([
        import('../man-page.js'),
        import('../../lib/package-folder.js'),
      ]);
      out.raw(await manPage(commands, packageVersion()));
      return EXIT.ok;
    }
    const room = out.columns;
    const name = words.filter((word) => word !== undefined).join(' ');
    const group = name === '' ? commands : commandsUnder(commands, name);
    if (commands[name]) out.raw(commandHelp(name, (await commands[name]()).command, room));
    else if (Object.keys(group).length > 0) out.raw(await overview(group, room));
    else throw new UsageError(`There is no command "${name}".${meant(name, Object.keys(commands))}`);
    return EXIT.ok;
  },
};
