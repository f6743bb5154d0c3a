/** What the helpdesk stores of a session, in table `sessions` or in files; what it means is the business of plugin/helpdesk. */
export interface SessionRows {
  /** The keys of a session that its rules need; null where there is no such session. Values that are no plain text are left out. */
  read(sessionId: string): Promise<Record<string, string> | null>;
}

/** An agent as the helpdesk's session says. */
export interface Agent {
  userId: number;
  login: string;
  sessionId: string;
  /** Must come back as ChallengeToken with every change. */
  challengeToken: string;
  language: string;
  timeZone: string;
  skin: string;
  /** rw: may change. ro: may look. */
  permission: 'rw' | 'ro' | 'none';
}

export interface SessionReader {
  /**
   * @param sessionId value of the cookie named by SessionName
   * @param remoteAddress the browser's address, as the web server saw it
   * @returns null where the helpdesk itself would ask for a log-in
   */
  agent(sessionId: string | undefined, remoteAddress: string): Promise<Agent | null>;
}
