import type { Tables } from '../tables.js';

const foreignKey = (table: string, column: string, to: string): string =>
  `CONSTRAINT FK_${table}_${column}_id FOREIGN KEY (${column}) REFERENCES ${to} (id)`;

const WHO_AND_WHEN = `create_time TIMESTAMP(0) NOT NULL, create_by INTEGER NOT NULL,
  change_time TIMESTAMP(0) NOT NULL, change_by INTEGER NOT NULL, PRIMARY KEY (id)`;

/** The tables as Znuny 6.5 has them on this server: names, types, order, keys and foreign keys. */
export const tokenParts: Tables['tokenParts'] = {
  oauth2_token_config: {
    add: `CREATE TABLE oauth2_token_config (
      id SERIAL NOT NULL, dbcrud_uuid VARCHAR(36) NULL, name VARCHAR(250) NOT NULL,
      config VARCHAR NOT NULL, valid_id SMALLINT NOT NULL, ${WHO_AND_WHEN},
      CONSTRAINT oauth2_token_config_name UNIQUE (name), CONSTRAINT oauth2_token_config_uuid UNIQUE (dbcrud_uuid),
      ${foreignKey('oauth2_token_config', 'create_by', 'users')},
      ${foreignKey('oauth2_token_config', 'change_by', 'users')},
      ${foreignKey('oauth2_token_config', 'valid_id', 'valid')})`,
    remove: 'DROP TABLE oauth2_token_config',
  },
  oauth2_token: {
    add: `CREATE TABLE oauth2_token (
      id SERIAL NOT NULL, dbcrud_uuid VARCHAR(36) NULL, token_config_id INTEGER NOT NULL,
      authorization_code VARCHAR NULL, token VARCHAR NULL, token_expiration_date TIMESTAMP(0) NULL,
      refresh_token VARCHAR NULL, refresh_token_expiration_date TIMESTAMP(0) NULL,
      error_message VARCHAR NULL, error_description VARCHAR NULL, error_code VARCHAR(1000) NULL, ${WHO_AND_WHEN},
      CONSTRAINT oauth2_token_config_id UNIQUE (token_config_id), CONSTRAINT oauth2_token_uuid UNIQUE (dbcrud_uuid),
      ${foreignKey('oauth2_token', 'token_config_id', 'oauth2_token_config')},
      ${foreignKey('oauth2_token', 'create_by', 'users')},
      ${foreignKey('oauth2_token', 'change_by', 'users')})`,
    remove: 'DROP TABLE oauth2_token',
  },
  'mail_account.authentication_type': {
    add: `ALTER TABLE mail_account ADD authentication_type VARCHAR(100) DEFAULT 'password' NOT NULL`,
    remove: 'ALTER TABLE mail_account DROP COLUMN authentication_type',
  },
  'mail_account.oauth2_token_config_id': {
    add: `ALTER TABLE mail_account ADD oauth2_token_config_id INTEGER NULL,
      ADD ${foreignKey('mail_account', 'oauth2_token_config_id', 'oauth2_token_config')}`,
    remove: 'ALTER TABLE mail_account DROP COLUMN oauth2_token_config_id',
  },
};
