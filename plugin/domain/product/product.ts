export type ProductId = 'znuny-6' | 'znuny-7' | 'otrs-6' | 'otrs-ce' | 'otobo' | 'unknown';

/** Everything that the sidecar knows about one member of the helpdesk family. */
export interface Product {
  readonly id: ProductId;
  /** As people call it. */
  readonly name: string;
  /** What the sidecar may do beside it. `nothing`: no statement but SELECT reaches its database, and no file is changed. */
  readonly support: 'all' | 'nothing';
  /** What an admin can do where the sidecar does not support the product; null where it does. In English: without a supported helpdesk nobody is logged in. */
  readonly remedy: string | null;
  /** Where packages and manuals put it, the most usual place first. */
  readonly homes: readonly string[];
  /** First part of the names of its scripts (`bin/otrs.Console.pl`). An update may leave the older ones behind, so the newest come first. */
  readonly scripts: readonly string[];
}
