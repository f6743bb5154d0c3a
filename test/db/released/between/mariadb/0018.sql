-- The sidecar's own tables as a state between two versions leaves them, with rows of every kind.
CREATE TABLE `oauth2_sidecar_shared_mailbox` (
  `token_config_id` int(11) NOT NULL,
  `mail_account_id` int(11) NOT NULL,
  PRIMARY KEY (`token_config_id`,`mail_account_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_shared_mailbox` (`token_config_id`, `mail_account_id`) VALUES (7,7);
INSERT INTO `oauth2_sidecar_shared_mailbox` (`token_config_id`, `mail_account_id`) VALUES (8,8);
INSERT INTO `oauth2_sidecar_shared_mailbox` (`token_config_id`, `mail_account_id`) VALUES (2147483647,2147483647);
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
  `other_mailbox` varchar(250) DEFAULT NULL,
  `lost_answer` varchar(20) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `lost_answer_of` bigint(20) DEFAULT NULL,
  `not_before` bigint(20) DEFAULT NULL,
  `refresh_expires_at` bigint(20) DEFAULT NULL,
  `told_state` varchar(30) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `is_untold` tinyint(4) GENERATED ALWAYS AS (`state` is not null and (`told_state` is null or `told_state` <> `state`)) STORED,
  `mail` text DEFAULT NULL,
  `missing_scopes` varchar(1000) DEFAULT NULL,
  `token_state` varchar(30) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `token_urgency` tinyint(4) DEFAULT NULL,
  `tokens_mark` bigint(20) DEFAULT NULL,
  `last_test` text DEFAULT NULL,
  `told_attention` tinyint(4) DEFAULT NULL,
  `is_change_untold` tinyint(4) GENERATED ALWAYS AS (`token_state` is not null and (`told_state` is null or `told_state` <> `token_state` or `told_attention` is not null and `told_attention` <> case when `token_urgency` <= 3 then 1 else 0 end)) STORED,
  PRIMARY KEY (`token_config_id`),
  KEY `oauth2_sidecar_renewal_due_at` (`due_at`),
  KEY `oauth2_sidecar_renewal_state` (`state`,`urgency`),
  KEY `oauth2_sidecar_renewal_urgency` (`urgency`,`token_ends_at`),
  KEY `oauth2_sidecar_renewal_notice` (`notice`,`urgency`,`token_ends_at`),
  KEY `oauth2_sidecar_renewal_token_ends_at` (`token_ends_at`),
  KEY `oauth2_sidecar_renewal_last_success_at` (`last_success_at`),
  KEY `oauth2_sidecar_renewal_provider` (`provider`),
  KEY `oauth2_sidecar_renewal_is_untold` (`is_untold`),
  KEY `oauth2_sidecar_renewal_is_change_untold` (`is_change_untold`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_renewal` (`token_config_id`, `due_at`, `reason`, `lease_holder`, `lease_until`, `failures`, `outcome`, `retry_at`, `last_success_at`, `received_at`, `refresh_token_issued_at`, `refresh_token_dies_at`, `config_mark`, `token_mark`, `failing_since`, `error`, `state`, `urgency`, `notice`, `token_ends_at`, `provider`, `expires_at`, `other_mailbox`, `lost_answer`, `lost_answer_of`, `not_before`, `refresh_expires_at`, `told_state`, `mail`, `missing_scopes`, `token_state`, `token_urgency`, `tokens_mark`, `last_test`, `told_attention`) VALUES (7,1795500000000,'not_due','w1',1795500000000,7,'renewed',1795500000000,1795500000000,1795500000000,1795500000000,1795500000000,'w1','w1',1795500000000,'Grün & € <b>1</b>','valid',1,1,1795500000000,'w1',1795500000000,'Grün & € <b>1</b>','w1',1795500000000,1795500000000,1795500000000,'valid','Ä €\n1','Grün & € <b>1</b>','valid',1,1795500000000,'Ä €\n1',1);
INSERT INTO `oauth2_sidecar_renewal` (`token_config_id`, `due_at`, `reason`, `lease_holder`, `lease_until`, `failures`, `outcome`, `retry_at`, `last_success_at`, `received_at`, `refresh_token_issued_at`, `refresh_token_dies_at`, `config_mark`, `token_mark`, `failing_since`, `error`, `state`, `urgency`, `notice`, `token_ends_at`, `provider`, `expires_at`, `other_mailbox`, `lost_answer`, `lost_answer_of`, `not_before`, `refresh_expires_at`, `told_state`, `mail`, `missing_scopes`, `token_state`, `token_urgency`, `tokens_mark`, `last_test`, `told_attention`) VALUES (8,NULL,NULL,NULL,0,8,NULL,NULL,NULL,NULL,NULL,NULL,'w2','w2',NULL,NULL,NULL,0,0,0,'w2',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `oauth2_sidecar_renewal` (`token_config_id`, `due_at`, `reason`, `lease_holder`, `lease_until`, `failures`, `outcome`, `retry_at`, `last_success_at`, `received_at`, `refresh_token_issued_at`, `refresh_token_dies_at`, `config_mark`, `token_mark`, `failing_since`, `error`, `state`, `urgency`, `notice`, `token_ends_at`, `provider`, `expires_at`, `other_mailbox`, `lost_answer`, `lost_answer_of`, `not_before`, `refresh_expires_at`, `told_state`, `mail`, `missing_scopes`, `token_state`, `token_urgency`, `tokens_mark`, `last_test`, `told_attention`) VALUES (2147483647,9007199254740991,'grant_dead','zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',9007199254740991,2147483647,'grant-dead',9007199254740991,9007199254740991,9007199254740991,9007199254740991,9007199254740991,'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz','zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',9007199254740991,'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','consent-needed',1,1,9007199254740991,'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',9007199254740991,'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','zzzzzzzzzzzzzzzzzzzz',9007199254740991,9007199254740991,9007199254740991,'consent-needed','yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy','nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','consent-needed',1,9007199254740991,'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy',1);
CREATE TABLE `oauth2_sidecar_migration_lock` (
  `index` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `is_locked` int(11) DEFAULT NULL,
  PRIMARY KEY (`index`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_migration_lock` (`index`, `is_locked`) VALUES (1,0);
CREATE TABLE `oauth2_sidecar_alert_message` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `message_id` varchar(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `channel` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `message` text NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `failures` int(11) NOT NULL DEFAULT 0,
  `next_at` bigint(20) DEFAULT NULL,
  `lease_holder` varchar(100) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `lease_until` bigint(20) NOT NULL DEFAULT 0,
  `ended_at` bigint(20) DEFAULT NULL,
  `outcome` varchar(20) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `oauth2_sidecar_alert_message_once` (`message_id`,`channel`),
  KEY `oauth2_sidecar_alert_message_ended_at` (`ended_at`),
  KEY `oauth2_sidecar_alert_message_next_at` (`channel`,`next_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_alert_message` (`id`, `message_id`, `channel`, `message`, `created_at`, `failures`, `next_at`, `lease_holder`, `lease_until`, `ended_at`, `outcome`) VALUES (1,'w1','w1','Ä €\n1',1795500000000,7,1795500000000,'w1',1795500000000,1795500000000,'renewed');
INSERT INTO `oauth2_sidecar_alert_message` (`id`, `message_id`, `channel`, `message`, `created_at`, `failures`, `next_at`, `lease_holder`, `lease_until`, `ended_at`, `outcome`) VALUES (2,'w2','w2','Ä €\n2',0,8,NULL,NULL,0,NULL,NULL);
INSERT INTO `oauth2_sidecar_alert_message` (`id`, `message_id`, `channel`, `message`, `created_at`, `failures`, `next_at`, `lease_holder`, `lease_until`, `ended_at`, `outcome`) VALUES (3,'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz','zzzzzzzzzzzzzzzzzzzz','yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy',9007199254740991,2147483647,9007199254740991,'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',9007199254740991,9007199254740991,'grant-dead');
CREATE TABLE `oauth2_sidecar_alert_channel` (
  `channel` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `failures` int(11) NOT NULL DEFAULT 0,
  `failing_since` bigint(20) DEFAULT NULL,
  `next_at` bigint(20) DEFAULT NULL,
  `last_error` varchar(250) DEFAULT NULL,
  `last_success_at` bigint(20) DEFAULT NULL,
  `seen_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`channel`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_alert_channel` (`channel`, `failures`, `failing_since`, `next_at`, `last_error`, `last_success_at`, `seen_at`) VALUES ('all',0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `oauth2_sidecar_alert_channel` (`channel`, `failures`, `failing_since`, `next_at`, `last_error`, `last_success_at`, `seen_at`) VALUES ('w1',7,1795500000000,1795500000000,'Grün & € <b>1</b>',1795500000000,1795500000000);
INSERT INTO `oauth2_sidecar_alert_channel` (`channel`, `failures`, `failing_since`, `next_at`, `last_error`, `last_success_at`, `seen_at`) VALUES ('w2',8,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `oauth2_sidecar_alert_channel` (`channel`, `failures`, `failing_since`, `next_at`, `last_error`, `last_success_at`, `seen_at`) VALUES ('zzzzzzzzzzzzzzzzzzzz',2147483647,9007199254740991,9007199254740991,'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn',9007199254740991,9007199254740991);
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
CREATE TABLE `oauth2_sidecar_mailbox` (
  `account_id` int(11) NOT NULL,
  `log_id` bigint(20) NOT NULL DEFAULT 0,
  `fetched_at` bigint(20) DEFAULT NULL,
  `failed_at` bigint(20) DEFAULT NULL,
  `failing_since` bigint(20) DEFAULT NULL,
  `failures` int(11) NOT NULL DEFAULT 0,
  `open_id` bigint(20) DEFAULT NULL,
  `open_since` bigint(20) DEFAULT NULL,
  `causes` text DEFAULT NULL,
  `account_mark` varchar(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `muted_until` bigint(20) DEFAULT NULL,
  `changes_at` bigint(20) DEFAULT NULL,
  `told_state` varchar(30) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `state` varchar(30) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `severity` tinyint(4) DEFAULT NULL,
  `relay_config_id` int(11) DEFAULT NULL,
  PRIMARY KEY (`account_id`),
  KEY `oauth2_sidecar_mailbox_changes_at` (`changes_at`),
  KEY `oauth2_sidecar_mailbox_open_id` (`open_id`),
  KEY `oauth2_sidecar_mailbox_state` (`severity`,`state`),
  KEY `oauth2_sidecar_mailbox_relay` (`relay_config_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_mailbox` (`account_id`, `log_id`, `fetched_at`, `failed_at`, `failing_since`, `failures`, `open_id`, `open_since`, `causes`, `account_mark`, `muted_until`, `changes_at`, `told_state`, `state`, `severity`, `relay_config_id`) VALUES (7,1795500000000,1795500000000,1795500000000,1795500000000,7,1795500000000,1795500000000,'Ä €\n1','w1',1795500000000,1795500000000,'valid','valid',1,7);
INSERT INTO `oauth2_sidecar_mailbox` (`account_id`, `log_id`, `fetched_at`, `failed_at`, `failing_since`, `failures`, `open_id`, `open_since`, `causes`, `account_mark`, `muted_until`, `changes_at`, `told_state`, `state`, `severity`, `relay_config_id`) VALUES (8,0,NULL,NULL,NULL,8,NULL,NULL,NULL,'w2',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `oauth2_sidecar_mailbox` (`account_id`, `log_id`, `fetched_at`, `failed_at`, `failing_since`, `failures`, `open_id`, `open_since`, `causes`, `account_mark`, `muted_until`, `changes_at`, `told_state`, `state`, `severity`, `relay_config_id`) VALUES (2147483647,9007199254740991,9007199254740991,9007199254740991,9007199254740991,2147483647,9007199254740991,9007199254740991,'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy','zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',9007199254740991,9007199254740991,'consent-needed','consent-needed',1,NULL);
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
CREATE TABLE `oauth2_sidecar_alert` (
  `subject` varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `config_id` int(11) DEFAULT NULL,
  `name` varchar(250) NOT NULL,
  `state` varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `cause` varchar(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `severity` tinyint(4) NOT NULL,
  `since` bigint(20) NOT NULL,
  `changed_at` bigint(20) NOT NULL,
  `told_state` varchar(40) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `told_severity` tinyint(4) DEFAULT NULL,
  `told_at` bigint(20) DEFAULT NULL,
  `episodes` int(11) NOT NULL DEFAULT 0,
  `look_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`subject`),
  KEY `oauth2_sidecar_alert_cause` (`cause`),
  KEY `oauth2_sidecar_alert_look_at` (`look_at`),
  KEY `oauth2_sidecar_alert_told` (`told_severity`,`since`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_alert` (`subject`, `config_id`, `name`, `state`, `cause`, `severity`, `since`, `changed_at`, `told_state`, `told_severity`, `told_at`, `episodes`, `look_at`) VALUES ('w1',7,'Grün & € <b>1</b>','valid','w1',1,1795500000000,1795500000000,'valid',1,1795500000000,7,1795500000000);
INSERT INTO `oauth2_sidecar_alert` (`subject`, `config_id`, `name`, `state`, `cause`, `severity`, `since`, `changed_at`, `told_state`, `told_severity`, `told_at`, `episodes`, `look_at`) VALUES ('w2',NULL,'Grün & € <b>2</b>','valid','w2',0,0,0,NULL,NULL,NULL,8,NULL);
INSERT INTO `oauth2_sidecar_alert` (`subject`, `config_id`, `name`, `state`, `cause`, `severity`, `since`, `changed_at`, `told_state`, `told_severity`, `told_at`, `episodes`, `look_at`) VALUES ('zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',2147483647,'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','consent-needed','zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',1,9007199254740991,9007199254740991,'consent-needed',1,9007199254740991,2147483647,9007199254740991);
CREATE TABLE `oauth2_sidecar_mail_watch` (
  `id` int(11) NOT NULL,
  `log_id` bigint(20) DEFAULT NULL,
  `looked_at` bigint(20) DEFAULT NULL,
  `fetched_at` bigint(20) DEFAULT NULL,
  `account_mark` varchar(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `queue` text DEFAULT NULL,
  `told_fetching` varchar(30) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_mail_watch` (`id`, `log_id`, `looked_at`, `fetched_at`, `account_mark`, `queue`, `told_fetching`) VALUES (7,1795500000000,1795500000000,1795500000000,'w1','Ä €\n1','w1');
INSERT INTO `oauth2_sidecar_mail_watch` (`id`, `log_id`, `looked_at`, `fetched_at`, `account_mark`, `queue`, `told_fetching`) VALUES (8,NULL,NULL,NULL,'w2',NULL,NULL);
INSERT INTO `oauth2_sidecar_mail_watch` (`id`, `log_id`, `looked_at`, `fetched_at`, `account_mark`, `queue`, `told_fetching`) VALUES (2147483647,9007199254740991,9007199254740991,9007199254740991,'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz','yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy','zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz');
CREATE TABLE `oauth2_sidecar_migration` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) DEFAULT NULL,
  `batch` int(11) DEFAULT NULL,
  `migration_time` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (1,'0001-authorization-and-lease',1,'2026-11-29 20:52:55');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (2,'0002-renewal-and-event',1,'2026-11-29 20:52:55');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (3,'0003-import-preview',1,'2026-11-29 20:52:55');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (4,'0004-stored-state',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (5,'0005-identity',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (6,'0006-token-end',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (7,'0007-other-mailbox',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (8,'0008-lost-answer',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (9,'0009-told-state',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (10,'0010-mailbox',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (11,'0011-alerts',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (12,'0012-alert-channel-seen',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (13,'0013-missing-scopes',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (14,'0014-told-mailbox',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (15,'0015-last-test',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (16,'0016-told-attention',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (17,'0017-one-form',1,'2026-11-29 20:52:56');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (18,'0018-relay',2,'2026-11-30 05:21:27');
CREATE TABLE `oauth2_sidecar_migrating` (
  `id` int(11) NOT NULL,
  `holder` char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `lease_until` bigint(20) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci;
INSERT INTO `oauth2_sidecar_migrating` (`id`, `holder`, `lease_until`) VALUES (1,'',0);
CREATE TABLE `oauth2_sidecar_relay_password` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `token_config_id` int(11) NOT NULL,
  `login` varchar(250) NOT NULL,
  `client` varchar(100) NOT NULL,
  `selector` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `password_hash` varchar(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `imap_server` varchar(300) DEFAULT NULL,
  `pop3_server` varchar(300) DEFAULT NULL,
  `smtp_server` varchar(300) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `created_by` int(11) NOT NULL,
  `last_used_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `oauth2_sidecar_relay_password_selector` (`selector`),
  KEY `oauth2_sidecar_relay_password_config` (`token_config_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_relay_password` (`id`, `token_config_id`, `login`, `client`, `selector`, `password_hash`, `imap_server`, `pop3_server`, `smtp_server`, `created_at`, `created_by`, `last_used_at`) VALUES (1,7,'Grün & € <b>1</b>','Scanner 📠','aaaaaaaa','scrypt$1','IMAPS imap.example.org','POP3S pop.example.org','SMTPTLS smtp.example.org:587',1795500000000,1,1795500000001);
INSERT INTO `oauth2_sidecar_relay_password` (`id`, `token_config_id`, `login`, `client`, `selector`, `password_hash`, `imap_server`, `pop3_server`, `smtp_server`, `created_at`, `created_by`, `last_used_at`) VALUES (2,8,'b@example.org','Ä €','b_-B1234','s',NULL,NULL,NULL,0,0,NULL);
INSERT INTO `oauth2_sidecar_relay_password` (`id`, `token_config_id`, `login`, `client`, `selector`, `password_hash`, `imap_server`, `pop3_server`, `smtp_server`, `created_at`, `created_by`, `last_used_at`) VALUES (3,2147483647,'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','cccccccccccccccccccc','nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn','nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn',9007199254740991,2147483647,9007199254740991);
