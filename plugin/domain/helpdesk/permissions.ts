/** Users, groups and roles as the helpdesk stores them. */
export interface Permissions {
  /** Finds a user by login, which the helpdesk compares without case. */
  byLogin(login: string): Promise<{ id: number; valid: boolean } | null>;
  /**
   * A user's rights in valid groups, direct or through valid roles; empty for an invalid user. The rights are
   * returned as stored: `rw` includes every other right, and a right may occur several times.
   */
  user(userId: number): Promise<{
    login: string;
    valid: boolean;
    rights: { name: string; permission: string }[];
  } | null>;
}
