-- The sidecar's own tables as version 0.1.0 leaves them, with rows of every kind.
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
INSERT INTO `oauth2_sidecar_authorization` (`state_hash`, `session_hash`, `user_id`, `token_config_id`, `verifier`, `redirect_uri`, `created_at`, `expires_at`) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',3,7,'VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV','https://desk.example.com/otrs/get-oauth2-token-by-authorization-code.pl',1795500000000,1795500600000);
INSERT INTO `oauth2_sidecar_authorization` (`state_hash`, `session_hash`, `user_id`, `token_config_id`, `verifier`, `redirect_uri`, `created_at`, `expires_at`) VALUES ('cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd',2147483647,2147483647,NULL,'https://desk.example.com/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',0,9007199254740991);
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
INSERT INTO `oauth2_sidecar_event` (`id`, `at`, `token_config_id`, `name`, `user_id`, `what`, `outcome`, `code`, `duration_ms`) VALUES (1,1795490000000,7,'Support',NULL,'renewal','ok',NULL,231);
INSERT INTO `oauth2_sidecar_event` (`id`, `at`, `token_config_id`, `name`, `user_id`, `what`, `outcome`, `code`, `duration_ms`) VALUES (2,1795490000001,7,'Grün & € <b>\"x\"</b>',3,'consent','grant-dead','invalid_grant',NULL);
INSERT INTO `oauth2_sidecar_event` (`id`, `at`, `token_config_id`, `name`, `user_id`, `what`, `outcome`, `code`, `duration_ms`) VALUES (9000000000,1795490000002,8,'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn',2147483647,'config-deleted','interrupted','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',2147483647);
CREATE TABLE `oauth2_sidecar_migration` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) DEFAULT NULL,
  `batch` int(11) DEFAULT NULL,
  `migration_time` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (1,'0001-authorization-and-lease',1,'2026-11-25 00:27:55');
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (2,'0002-renewal-and-event',1,'2026-11-25 00:27:55');
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
  PRIMARY KEY (`token_config_id`),
  KEY `oauth2_sidecar_renewal_due_at` (`due_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_renewal` (`token_config_id`, `due_at`, `reason`, `lease_holder`, `lease_until`, `failures`, `outcome`, `retry_at`, `last_success_at`, `received_at`, `refresh_token_issued_at`, `refresh_token_dies_at`, `config_mark`, `token_mark`) VALUES (7,1795500000000,'not_due',NULL,0,0,'renewed',NULL,1795490000000,1795490000000,1795490000000,1803266000000,'2026-11-24 10:00:00 1234567890','2026-11-24 11:00:00 987654321');
INSERT INTO `oauth2_sidecar_renewal` (`token_config_id`, `due_at`, `reason`, `lease_holder`, `lease_until`, `failures`, `outcome`, `retry_at`, `last_success_at`, `received_at`, `refresh_token_issued_at`, `refresh_token_dies_at`, `config_mark`, `token_mark`) VALUES (8,NULL,'grant_dead',NULL,0,1,'grant-dead',NULL,NULL,NULL,NULL,NULL,'','');
INSERT INTO `oauth2_sidecar_renewal` (`token_config_id`, `due_at`, `reason`, `lease_holder`, `lease_until`, `failures`, `outcome`, `retry_at`, `last_success_at`, `received_at`, `refresh_token_issued_at`, `refresh_token_dies_at`, `config_mark`, `token_mark`) VALUES (9,1795500900000,'backing_off','host:123:5f0c7a7e-0000-4000-8000-000000000000',1795500120000,12,'transient',1795500900000,1795400000000,NULL,1795400000000,NULL,'mark','mark');
