/** Users, groups and roles as the helpdesk stores them. */
export interface Permissions {
  /** A user by the login name, which the helpdesk compares without case. */
  byLogin(login: string): Promise<{ id: number; valid: boolean } | null>;
  /**
   * A user, and the rights in valid groups, given directly or through valid roles; none for a user that is not valid.
   * As stored: `rw` includes every other right, which need not be listed beside it. A right may come several times.
   */
  user(userId: number): Promise<{
    login: string;
    valid: boolean;
    rights: { name: string; permission: string }[];
  } | null>;
}
