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
CREATE TABLE `oauth2_sidecar_lease` (
  `token_config_id` int(11) NOT NULL,
  `holder` varchar(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`token_config_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_lease` (`token_config_id`, `holder`, `expires_at`) VALUES (7,'w1',1795500000000);
INSERT INTO `oauth2_sidecar_lease` (`token_config_id`, `holder`, `expires_at`) VALUES (8,'w2',0);
INSERT INTO `oauth2_sidecar_lease` (`token_config_id`, `holder`, `expires_at`) VALUES (2147483647,'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz',9007199254740991);
CREATE TABLE `oauth2_sidecar_migration` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) DEFAULT NULL,
  `batch` int(11) DEFAULT NULL,
  `migration_time` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_migration` (`id`, `name`, `batch`, `migration_time`) VALUES (1,'0001-authorization-and-lease',1,'2026-11-29 16:33:14');
CREATE TABLE `oauth2_sidecar_migration_lock` (
  `index` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `is_locked` int(11) DEFAULT NULL,
  PRIMARY KEY (`index`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `oauth2_sidecar_migration_lock` (`index`, `is_locked`) VALUES (1,0);
