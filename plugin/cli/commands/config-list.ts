import { type Command, JSON_OPTION } from '../command.js';
import { validityOf } from '../config-views.js';
import { EXIT } from '../exit-codes.js';
import { wordOf } from '../lookup.js';

export const command: Command = {
  summary: 'Lists the token configurations',
  options: {
    search: { value: 'TEXT', description: 'only names that contain this text' },
    valid: { description: 'only valid configurations' },
    names: { description: 'only the names, one per line, as other commands accept them' },
    ...JSON_OPTION,
  },
  examples: [
    ['config list', 'all, sorted by name'],
    ['config list --search support --json', 'for a script'],
  ],
  async run({ helpdesk, text, flag, out }) {
    const search = text('search')?.toLowerCase() ?? '';
    const configs = (await (await helpdesk().tokenConfigs()).all()).filter(
      ({ name, validId }) => name.toLowerCase().includes(search) && (!flag('valid') || validId === 1),
    );
    if (flag('names')) for (const { name } of configs) out.line(wordOf(name));
    else if (flag('json'))
      out.json(
        configs.map((config) => ({
          id: config.id,
          name: config.name,
          valid: config.validId === 1,
          validId: config.validId,
          template: config.document.TemplateName ?? null,
          clientId: config.document.ClientID ?? null,
        })),
      );
    else
      out.table(
        ['ID', 'NAME', 'VALIDITY', 'TEMPLATE', 'CLIENT ID'],
        configs.map((config) => [
          config.id,
          config.name,
          validityOf(config),
          config.document.TemplateName,
          config.document.ClientID,
        ]),
      );
    return EXIT.ok;
  },
};
