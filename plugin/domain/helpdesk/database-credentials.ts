/**
 * TLS to the database server: unless it is optional, there is no connection if the server does not offer it. Texts in
 * PEM.
 */
export interface DatabaseTls {
  /** The helpdesk itself connects without TLS to a server that does not offer it. Missing: it does not. */
  isOptional?: boolean;
  /** The authorities that may have signed the server's certificate; null: those that Node.js trusts. */
  ca: string | null;
  cert: string | null;
  key: string | null;
  /** OpenSSL's names. */
  ciphers: string | null;
  /** Is the server's certificate checked at all? */
  checksCertificate: boolean;
  /** Must it be issued for the server's name or address? */
  checksName: boolean;
}

/**
 * The path of a Unix socket, or several: the first that exists at the moment of the connection is used. Never
 * host and port instead, because any local user may listen at a port while the server is down. null: host and
 * port.
 */
export type DatabaseSocket = string | readonly string[] | null;
/** The family of a database server, which chooses the dialect (db/dialect). */
export type DatabaseFamily = 'mysql' | 'postgres';

/** How to connect to the helpdesk's database. A socket takes precedence over host and port. */
export interface DatabaseCredentials {
  family: DatabaseFamily;
  host: string;
  port: number;
  socket: DatabaseSocket;
  database: string;
  user: string;
  password: string;
  /** null: the helpdesk's own connection is not encrypted either. */
  tls: DatabaseTls | null;
}
