/**
 * Reads the helpdesk's stored sessions, from table `sessions` or from files; plugin/helpdesk interprets them.
 */
export interface SessionRows {
  /**
   * The keys of a session that the rules need, without values that are not plain text; null if there is no
   * such session.
   */
  read(sessionId: string): Promise<Record<string, string> | null>;
}

/** An agent, from the helpdesk's session. */
export interface Agent {
  userId: number;
  login: string;
  sessionId: string;
  /** Every change must send it as ChallengeToken. */
  challengeToken: string;
  language: string;
  timeZone: string;
  skin: string;
  /** rw: may change. ro: may only read. */
  permission: 'rw' | 'ro' | 'none';
}

export interface SessionReader {
  /**
   * @param sessionId value of the cookie named by SessionName
   * @param remoteAddress the browser's address, as the web server saw it
   * @returns null if the helpdesk itself would ask for a login
   */
  agent(sessionId: string | undefined, remoteAddress: string): Promise<Agent | null>;
}
