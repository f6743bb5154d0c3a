import { COMMON } from '../../domain/product/records.js';
import type { Command } from '../command.js';
import { carryOutPlan, INSTALL_OPTIONS } from './install.js';

export const command: Command = {
  summary: 'Undoes everything that install did',
  details:
    'Token configurations, tokens and mail accounts belong to the helpdesk and stay. Remove the program itself with apt or npm.',
  options: INSTALL_OPTIONS,
  examples: [
    ['uninstall --dry-run', 'shows what would be removed'],
    [`uninstall --home ${COMMON.otherExampleHome}`, 'if the machine has several helpdesks'],
  ],
  needsRoot: true,
  run: (call) => carryOutPlan(call, 'undo'),
};
