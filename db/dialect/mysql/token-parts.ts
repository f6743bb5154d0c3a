import type { Tables } from '../tables.js';

const foreignKey = (table: string, column: string, to: string): string =>
  `CONSTRAINT FK_${table}_${column}_id FOREIGN KEY (${column}) REFERENCES ${to} (id)`;

const WHO_AND_WHEN = `create_time DATETIME NOT NULL, create_by INTEGER NOT NULL,
  change_time DATETIME NOT NULL, change_by INTEGER NOT NULL, PRIMARY KEY (id)`;

/**
 * The tables as Znuny 6.5 has them: names, types, order, keys and foreign keys. The update to 6.3 finds the
 * tables and columns and leaves them unchanged (with authentication_type nullable, as it does wherever that
 * column exists already). What 6.4 and 6.5 widen or add is included. No engine and no character set are
 * given, so the database's apply, as for the helpdesk's other tables.
 */
export const tokenParts: Tables['tokenParts'] = {
  oauth2_token_config: {
    add: `CREATE TABLE oauth2_token_config (
      id INTEGER NOT NULL AUTO_INCREMENT, dbcrud_uuid VARCHAR(36) NULL, name VARCHAR(250) NOT NULL,
      config MEDIUMTEXT NOT NULL, valid_id SMALLINT NOT NULL, ${WHO_AND_WHEN},
      UNIQUE INDEX oauth2_token_config_name (name), UNIQUE INDEX oauth2_token_config_uuid (dbcrud_uuid),
      ${foreignKey('oauth2_token_config', 'create_by', 'users')},
      ${foreignKey('oauth2_token_config', 'change_by', 'users')},
      ${foreignKey('oauth2_token_config', 'valid_id', 'valid')})`,
    remove: 'DROP TABLE oauth2_token_config',
  },
  oauth2_token: {
    add: `CREATE TABLE oauth2_token (
      id INTEGER NOT NULL AUTO_INCREMENT, dbcrud_uuid VARCHAR(36) NULL, token_config_id INTEGER NOT NULL,
      authorization_code MEDIUMTEXT NULL, token MEDIUMTEXT NULL, token_expiration_date DATETIME NULL,
      refresh_token MEDIUMTEXT NULL, refresh_token_expiration_date DATETIME NULL,
      error_message MEDIUMTEXT NULL, error_description MEDIUMTEXT NULL, error_code TEXT NULL, ${WHO_AND_WHEN},
      UNIQUE INDEX oauth2_token_config_id (token_config_id), UNIQUE INDEX oauth2_token_uuid (dbcrud_uuid),
      ${foreignKey('oauth2_token', 'token_config_id', 'oauth2_token_config')},
      ${foreignKey('oauth2_token', 'create_by', 'users')},
      ${foreignKey('oauth2_token', 'change_by', 'users')})`,
    remove: 'DROP TABLE oauth2_token',
  },
  'mail_account.authentication_type': {
    add: `ALTER TABLE mail_account
      ADD authentication_type VARCHAR(100) NOT NULL DEFAULT 'password' AFTER imap_folder`,
    remove: 'ALTER TABLE mail_account DROP COLUMN authentication_type',
  },
  'mail_account.oauth2_token_config_id': {
    add: `ALTER TABLE mail_account ADD oauth2_token_config_id INTEGER NULL AFTER authentication_type,
      ADD ${foreignKey('mail_account', 'oauth2_token_config_id', 'oauth2_token_config')}`,
    remove:
      'ALTER TABLE mail_account DROP FOREIGN KEY FK_mail_account_oauth2_token_config_id_id, DROP COLUMN oauth2_token_config_id',
  },
};
