/** TLS to the database server: if the server does not offer it, there is no connection. Texts in PEM. */
export interface DatabaseTls {
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

/** How to connect to the helpdesk's database. A socket takes precedence over host and port. */
export interface DatabaseCredentials {
  host: string;
  port: number;
  socket: DatabaseSocket;
  database: string;
  user: string;
  password: string;
  /** null: the helpdesk's own connection is not encrypted either. */
  tls: DatabaseTls | null;
}
