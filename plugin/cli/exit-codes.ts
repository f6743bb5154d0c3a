/** How a command ends, for scripts and monitoring; docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  /** It could not be done; the reason stands on standard error. */
  failed: 1,
  /** Wrong words, options or arguments. Nothing was done. */
  usage: 2,
  /** No such configuration, user, mail account or file. */
  notFound: 3,
  /** Done, and something of it needs a person: a failed check, an import with refusals, a token that cannot be renewed. */
  needsAttention: 4,
  /** The sidecar does not support this helpdesk. Nothing was changed, and running it again changes nothing. */
  unsupported: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
