import type { Product } from '../product/product.js';

/**
 * First part of the names of the helpdesk's own scripts: `bin/otrs.Console.pl`, and `bin/znuny.Console.pl` on
 * Znuny 7.
 */
export type Scripts = Product['scripts'][number];

/** A command of the helpdesk's console, to be run in its folder. */
export const consoleCommand = (scripts: Scripts, words: string): string =>
  `bin/${scripts}.Console.pl ${words}`;

/**
 * The command that sets a text setting.
 * @param value quoted for the shell; the console takes `--value --help` for a question
 */
export const settingCommand = (scripts: Scripts, name: string, value: string): string =>
  consoleCommand(
    scripts,
    `Admin::Config::Update --setting-name ${name} --value${/^['$]*-/.test(value) ? '=' : ' '}${value}`,
  );
