import { COMMON } from '../../domain/product/records.js';
import type { Command } from '../command.js';
import { carryOutPlan, INSTALL_OPTIONS } from './install.js';

export const command: Command = {
  summary: 'Undoes everything that install has done',
  details:
    'The token configurations, their tokens and the mail accounts belong to the helpdesk and stay. The program itself is removed by apt or npm.',
  options: INSTALL_OPTIONS,
  examples: [
    ['uninstall --dry-run', 'shows what would be removed'],
    [`uninstall --home ${COMMON.otherExampleHome}`, 'where a machine has several helpdesks'],
  ],
  needsRoot: true,
  run: (call) => carryOutPlan(call, 'undo'),
};
