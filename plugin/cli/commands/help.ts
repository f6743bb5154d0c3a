import { type Command, UsageError } from '../command.js';
import { COMMANDS } from '../commands.js';
import { EXIT } from '../exit-codes.js';
import { commandHelp, commandsUnder, overview } from '../usage.js';

export const command: Command = {
  summary: 'Lists the commands, or explains one',
  arguments: [
    { name: 'command', description: 'a command, or the first word of several', optional: true },
    { name: 'subcommand', description: 'its second word', optional: true },
  ],
  examples: [
    ['help', 'all commands'],
    ['help config', 'those that begin with "config"'],
    ['help token renew', 'one command with its options and examples'],
  ],
  async run({ arguments: words, out }) {
    const name = words.filter((word) => word !== undefined).join(' ');
    if (name === '') out.raw(await overview());
    else if (COMMANDS[name]) out.raw(commandHelp(name, (await COMMANDS[name]()).command));
    else if (commandsUnder(name).length > 0) out.raw(await overview(commandsUnder(name)));
    else throw new UsageError(`There is no command "${name}".`);
    return EXIT.ok;
  },
};
