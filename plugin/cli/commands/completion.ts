import type { Command } from '../command.js';
import { EXIT } from '../exit-codes.js';

export const command: Command = {
  summary: 'Prints the completion script for a shell',
  arguments: [{ name: 'shell', description: 'bash or zsh', choices: ['bash', 'zsh'] }],
  examples: [
    ['completion bash > /etc/bash_completion.d/znuny-oauth2', 'for all users of this machine'],
    ['completion zsh > znuny-oauth2.zsh', 'source the file in ~/.zshrc'],
  ],
  async run({ arguments: [shell], commands, out }) {
    const { bashCompletion, zshCompletion } = await import('../completion.js');
    out.raw(await (shell === 'zsh' ? zshCompletion : bashCompletion)(commands));
    return EXIT.ok;
  },
};
