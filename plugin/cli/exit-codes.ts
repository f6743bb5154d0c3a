/** Exit codes, for scripts and monitoring; docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  /** It failed; standard error says why. */
  failed: 1,
  /** Wrong command, options or arguments. Nothing was done. */
  usage: 2,
  /** No such configuration, user, mail account or file. */
  notFound: 3,
  /** Done, but an admin must act: a failed check, an import with refusals, a token that cannot be renewed. */
  needsAttention: 4,
  /** The sidecar does not support this helpdesk. Nothing was changed, and running it again will not help. */
  unsupported: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code means, for help and manual page. */
export const EXIT_MEANINGS: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failed, 'failed'],
  [EXIT.usage, 'wrong command, options, or arguments; nothing was done'],
  [EXIT.notFound, 'no such configuration, user, mail account, or template'],
  [EXIT.needsAttention, 'done, but somebody must act'],
  [EXIT.unsupported, 'the sidecar does not support this helpdesk'],
];
