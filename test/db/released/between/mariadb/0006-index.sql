-- The sidecar's own tables as a state between two versions leaves them, with rows of every kind.
CREATE TABLE `oauth2_sidecar_authorization` (
  `state_hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `session_hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user_id` int(11) NOT NULL,
  `token_config_id` int(11) NOT NULL,
  `verifier` varchar(128) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `redirect_uri` text NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`state_hash`),
  KEY `oauth2_sidecar_authorization_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_authorization` (`state_hash`, `session_hash`, `user_id`, `token_config_id`, `verifier`, `redirect_uri`, `created_at`, `expires_at`) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',7,7,'w1','Ä €\n1',1795500000000,1795500000000);
INSERT INTO `oauth2_sidecar_authorization` (`state_hash`, `session_hash`, `user_id`, `token_config_id`, `verifier`, `redirect_uri`, `created_at`, `expires_at`) VALUES ('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',8,8,NULL,'Ä €\n2',0,0);
INSERT INTO `oauth2_sidecar_authorization` (`state_hash`, `session_hash`, `user_id`, `token_config_id`, `verifier`, `redirect_uri`, `created_at`, `expires_at`) VALUES ('cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',2147483647,2147483647,'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz','yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy',9007199254740991,9007199254740991);
CREATE TABLE `oauth2_sidecar_event` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `at` bigint(20) NOT NULL,
  `token_config_id` int(11) NOT NULL,
  `name` varchar(250) NOT NULL,
  `user_id` int(11) DEFAULT NULL,
  `what` varchar(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `outcome` varchar(30) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `code` varchar(100) DEFAULT NULL,
  `duration_ms` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `oauth2_sidecar_event_at` (`at`),
  KEY `oauth2_sidecar_event_token_config_id` (`token_config_id`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_event` (`id`, `at`, `token_config_id`, `name`, `user_id`, `what`, `outcome`, `code`, `duration_ms`) VALUES (1,1795500000000,7,'Grün & € <b>1</b>',7,'renewal','renewed','Grün & € <b>1</b>',7);
INSERT INTO `oauth2_sidecar_event` (`id`, `at`, `token_config_id`, `name`, `user_id`, `what`, `outcome`, `code`, `duration_ms`) VALUES (2,0,8,'Grün & € <b>2</b>',NULL,'renewal','renewed',NULL,NULL);
INSERT INTO `oauth2_sidecar_event` (`id`, `at`, `token_config_id`, `name`, `user_id`, `what`, `outcome`, `code`, `duration_ms`) VALUES (3,9007199254740991,2147483647,'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn',2147483647,'renewal','grant-dead','nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn',2147483647);
CREATE TABLE `oauth2_sidecar_identity` (
  `token_config_id` int(11) NOT NULL,
  `subject` varchar(250) NOT NULL,
  `login` varchar(250) DEFAULT NULL,
  `email` varchar(250) DEFAULT NULL,
  `issuer` text NOT NULL,
  `at` bigint(20) NOT NULL,
  PRIMARY KEY (`token_config_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_identity` (`token_config_id`, `subject`, `login`, `email`, `issuer`, `at`) VALUES (7,'Grün & € <b>1</b>','Grün & € <b>1</b>','Grün & € <b>1</b>','Ä €\n1',1795500000000);
INSERT INTO `oauth2_sidecar_identity` (`token_config_id`, `subject`, `login`, `email`, `issuer`, `at`) VALUES (8,'Grün & € <b>2</b>',NULL,NULL,'Ä €\n2',0);
INSERT INTO `oauth2_sidecar_identity` (`token_config_id`, `subject`, `login`, `email`, `issuer`, `at`) VALUES (2147483647,'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy',9007199254740991);
CREATE TABLE `oauth2_sidecar_import` (
  `ticket_hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `session_hash` char(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `content` mediumblob NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`ticket_hash`),
  KEY `oauth2_sidecar_import_session_hash` (`session_hash`),
  KEY `oauth2_sidecar_import_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_import` (`ticket_hash`, `session_hash`, `content`, `expires_at`) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',0x00FF01,1795500000000);
INSERT INTO `oauth2_sidecar_import` (`ticket_hash`, `session_hash`, `content`, `expires_at`) VALUES ('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',0x00FF02,0);
INSERT INTO `oauth2_sidecar_import` (`ticket_hash`, `session_hash`, `content`, `expires_at`) VALUES ('cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',0x00FF03,9007199254740991);
CREATE TABLE `oauth2_sidecar_migrating` (
  `id` int(11) NOT NULL,
  `holder` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `lease_until` bigint(20) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
INSERT INTO `oauth2_sidecar_migrating` (`id`, `holder`, `lease_until`) VALUES (1,'',0);
CREATE TABLE `oauth2_sidecar_migration` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) DEFAULT NULL,
  `batch` int(11) DEFAULT NULL,
  `migration_time` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (1,'0001-authorization-and-lease',1,'2026-11-29 16:36:03');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (2,'0002-renewal-and-event',1,'2026-11-29 16:36:03');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (3,'0003-import-preview',1,'2026-11-29 16:36:03');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (4,'0004-stored-state',1,'2026-11-29 16:36:04');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (5,'0005-identity',1,'2026-11-29 16:36:04');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (6,'0006-token-end',1,'2026-11-29 16:36:04');
CREATE TABLE `oauth2_sidecar_migration_lock` (
  `index` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `is_locked` int(11) DEFAULT NULL,
  PRIMARY KEY (`index`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_migration_lock` (`index`, `is_locked`) VALUES (1,0);
CREATE TABLE `oauth2_sidecar_renewal` (
  `token_config_id` int(11) NOT NULL,
  `due_at` bigint(20) DEFAULT NULL,
  `reason` varchar(30) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `lease_holder` varchar(100) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `lease_until` bigint(20) NOT NULL DEFAULT 0,
  `failures` int(11) NOT NULL DEFAULT 0,
  `outcome` varchar(30) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `retry_at` bigint(20) DEFAULT NULL,
  `last_success_at` bigint(20) DEFAULT NULL,
  `received_at` bigint(20) DEFAULT NULL,
  `refresh_token_issued_at` bigint(20) DEFAULT NULL,
  `refresh_token_dies_at` bigint(20) DEFAULT NULL,
  `config_mark` varchar(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `token_mark` varchar(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `failing_since` bigint(20) DEFAULT NULL,
  `error` varchar(100) DEFAULT NULL,
  `state` varchar(30) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `urgency` tinyint(4) NOT NULL DEFAULT 99,
  `notice` tinyint(4) NOT NULL DEFAULT 0,
  `token_ends_at` bigint(20) NOT NULL DEFAULT 9007199254740991,
  `provider` varchar(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `expires_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`token_config_id`),
  KEY `oauth2_sidecar_renewal_due_at` (`due_at`),
  KEY `oauth2_sidecar_renewal_state` (`state`),
  KEY `oauth2_sidecar_renewal_urgency` (`urgency`,`token_ends_at`),
  KEY `oauth2_sidecar_renewal_notice` (`notice`,`urgency`,`token_ends_at`),
  KEY `oauth2_sidecar_renewal_token_ends_at` (`token_ends_at`),
  KEY `oauth2_sidecar_renewal_last_success_at` (`last_success_at`),
  KEY `oauth2_sidecar_renewal_provider` (`provider`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_renewal` (`token_config_id`, `due_at`, `reason`, `lease_holder`, `lease_until`, `failures`, `outcome`, `retry_at`, `last_success_at`, `received_at`, `refresh_token_issued_at`, `refresh_token_dies_at`, `config_mark`, `token_mark`, `failing_since`, `error`, `state`, `urgency`, `notice`, `token_ends_at`, `provider`, `expires_at`) VALUES (7,1795500000000,'not_due','w1',1795500000000,7,'renewed',1795500000000,1795500000000,1795500000000,1795500000000,1795500000000,'w1','w1',1795500000000,'Grün & € <b>1</b>','valid',1,1,1795500000000,'w1',1795500000000);
INSERT INTO `oauth2_sidecar_renewal` (`token_config_id`, `due_at`, `reason`, `lease_holder`, `lease_until`, `failures`, `outcome`, `retry_at`, `last_success_at`, `received_at`, `refresh_token_issued_at`, `refresh_token_dies_at`, `config_mark`, `token_mark`, `failing_since`, `error`, `state`, `urgency`, `notice`, `token_ends_at`, `provider`, `expires_at`) VALUES (8,NULL,NULL,NULL,0,8,NULL,NULL,NULL,NULL,NULL,NULL,'w2','w2',NULL,NULL,NULL,0,0,0,'w2',NULL);
INSERT INTO `oauth2_sidecar_renewal` (`token_config_id`, `due_at`, `reason`, `lease_holder`, `lease_until`, `failures`, `outcome`, `retry_at`, `last_success_at`, `received_at`, `refresh_token_issued_at`, `refresh_token_dies_at`, `config_mark`, `token_mark`, `failing_since`, `error`, `state`, `urgency`, `notice`, `token_ends_at`, `provider`, `expires_at`) VALUES (2147483647,9007199254740991,'grant_dead','zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',9007199254740991,2147483647,'grant-dead',9007199254740991,9007199254740991,9007199254740991,9007199254740991,9007199254740991,'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz','zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',9007199254740991,'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','consent-needed',1,1,9007199254740991,'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',9007199254740991);
CREATE TABLE `oauth2_sidecar_shared_mailbox` (
  `token_config_id` int(11) NOT NULL,
  `mail_account_id` int(11) NOT NULL,
  PRIMARY KEY (`token_config_id`,`mail_account_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_shared_mailbox` (`token_config_id`, `mail_account_id`) VALUES (7,7);
INSERT INTO `oauth2_sidecar_shared_mailbox` (`token_config_id`, `mail_account_id`) VALUES (8,8);
INSERT INTO `oauth2_sidecar_shared_mailbox` (`token_config_id`, `mail_account_id`) VALUES (2147483647,2147483647);
