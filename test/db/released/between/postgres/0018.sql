-- The sidecar's own tables as a state between two versions leaves them, with rows of every kind.
CREATE TABLE public.oauth2_sidecar_alert (
    subject character varying(40) NOT NULL COLLATE pg_catalog."C",
    config_id integer,
    name character varying(250) NOT NULL,
    state character varying(40) NOT NULL COLLATE pg_catalog."C",
    cause character varying(255) NOT NULL COLLATE pg_catalog."C",
    severity smallint NOT NULL,
    since bigint NOT NULL,
    changed_at bigint NOT NULL,
    told_state character varying(40) COLLATE pg_catalog."C",
    told_severity smallint,
    told_at bigint,
    episodes integer DEFAULT 0 NOT NULL,
    look_at bigint
);
CREATE TABLE public.oauth2_sidecar_alert_channel (
    channel character varying(20) NOT NULL COLLATE pg_catalog."C",
    failures integer DEFAULT 0 NOT NULL,
    failing_since bigint,
    next_at bigint,
    last_error character varying(250),
    last_success_at bigint,
    seen_at bigint
);
CREATE TABLE public.oauth2_sidecar_alert_message (
    id bigint NOT NULL,
    message_id character varying(60) NOT NULL COLLATE pg_catalog."C",
    channel character varying(20) NOT NULL COLLATE pg_catalog."C",
    message text NOT NULL,
    created_at bigint NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    next_at bigint,
    lease_holder character varying(100) COLLATE pg_catalog."C",
    lease_until bigint DEFAULT '0'::bigint NOT NULL,
    ended_at bigint,
    outcome character varying(20) COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.oauth2_sidecar_alert_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.oauth2_sidecar_alert_message_id_seq OWNED BY public.oauth2_sidecar_alert_message.id;
CREATE TABLE public.oauth2_sidecar_authorization (
    state_hash character varying(64) NOT NULL COLLATE pg_catalog."C",
    session_hash character varying(64) NOT NULL COLLATE pg_catalog."C",
    user_id integer NOT NULL,
    token_config_id integer NOT NULL,
    verifier character varying(128) COLLATE pg_catalog."C",
    redirect_uri text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE TABLE public.oauth2_sidecar_event (
    id bigint NOT NULL,
    at bigint NOT NULL,
    token_config_id integer NOT NULL,
    name character varying(250) NOT NULL,
    user_id integer,
    what character varying(30) NOT NULL COLLATE pg_catalog."C",
    outcome character varying(30) NOT NULL COLLATE pg_catalog."C",
    code character varying(100),
    duration_ms integer
);
CREATE SEQUENCE public.oauth2_sidecar_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.oauth2_sidecar_event_id_seq OWNED BY public.oauth2_sidecar_event.id;
CREATE TABLE public.oauth2_sidecar_identity (
    token_config_id integer NOT NULL,
    subject character varying(250) NOT NULL,
    login character varying(250),
    email character varying(250),
    issuer text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.oauth2_sidecar_import (
    ticket_hash character varying(64) NOT NULL COLLATE pg_catalog."C",
    session_hash character varying(64) NOT NULL COLLATE pg_catalog."C",
    content bytea NOT NULL,
    expires_at bigint NOT NULL
);
CREATE TABLE public.oauth2_sidecar_mail_watch (
    id integer NOT NULL,
    log_id bigint,
    looked_at bigint,
    fetched_at bigint,
    account_mark character varying(100) DEFAULT ''::character varying NOT NULL COLLATE pg_catalog."C",
    queue text,
    told_fetching character varying(30) COLLATE pg_catalog."C"
);
CREATE TABLE public.oauth2_sidecar_mailbox (
    account_id integer NOT NULL,
    log_id bigint DEFAULT '0'::bigint NOT NULL,
    fetched_at bigint,
    failed_at bigint,
    failing_since bigint,
    failures integer DEFAULT 0 NOT NULL,
    open_id bigint,
    open_since bigint,
    causes text,
    account_mark character varying(60) DEFAULT ''::character varying NOT NULL COLLATE pg_catalog."C",
    muted_until bigint,
    changes_at bigint,
    told_state character varying(30) COLLATE pg_catalog."C",
    state character varying(30) COLLATE pg_catalog."C",
    severity smallint,
    relay_config_id integer
);
CREATE TABLE public.oauth2_sidecar_migrating (
    id integer NOT NULL,
    holder character varying(36) NOT NULL COLLATE pg_catalog."C",
    lease_until bigint NOT NULL
);
CREATE TABLE public.oauth2_sidecar_migration (
    id integer NOT NULL,
    name character varying(255),
    batch integer,
    migration_time timestamp with time zone
);
CREATE SEQUENCE public.oauth2_sidecar_migration_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.oauth2_sidecar_migration_id_seq OWNED BY public.oauth2_sidecar_migration.id;
CREATE TABLE public.oauth2_sidecar_migration_lock (
    index integer NOT NULL,
    is_locked integer
);
CREATE SEQUENCE public.oauth2_sidecar_migration_lock_index_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.oauth2_sidecar_migration_lock_index_seq OWNED BY public.oauth2_sidecar_migration_lock.index;
CREATE TABLE public.oauth2_sidecar_relay_password (
    id integer NOT NULL,
    token_config_id integer NOT NULL,
    login character varying(250) NOT NULL,
    client character varying(100) NOT NULL,
    selector character varying(20) NOT NULL COLLATE pg_catalog."C",
    password_hash character varying(200) NOT NULL COLLATE pg_catalog."C",
    imap_server character varying(300),
    pop3_server character varying(300),
    smtp_server character varying(300),
    created_at bigint NOT NULL,
    created_by integer NOT NULL,
    last_used_at bigint
);
CREATE SEQUENCE public.oauth2_sidecar_relay_password_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.oauth2_sidecar_relay_password_id_seq OWNED BY public.oauth2_sidecar_relay_password.id;
CREATE TABLE public.oauth2_sidecar_renewal (
    token_config_id integer NOT NULL,
    due_at bigint,
    reason character varying(30) COLLATE pg_catalog."C",
    lease_holder character varying(100) COLLATE pg_catalog."C",
    lease_until bigint DEFAULT '0'::bigint NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    outcome character varying(30) COLLATE pg_catalog."C",
    retry_at bigint,
    last_success_at bigint,
    received_at bigint,
    refresh_token_issued_at bigint,
    refresh_token_dies_at bigint,
    config_mark character varying(60) DEFAULT ''::character varying NOT NULL COLLATE pg_catalog."C",
    token_mark character varying(60) DEFAULT ''::character varying NOT NULL COLLATE pg_catalog."C",
    failing_since bigint,
    error character varying(100),
    state character varying(30) COLLATE pg_catalog."C",
    urgency smallint DEFAULT '99'::smallint NOT NULL,
    notice smallint DEFAULT '0'::smallint NOT NULL,
    token_ends_at bigint DEFAULT '9007199254740991'::bigint NOT NULL,
    provider character varying(255) DEFAULT ''::character varying NOT NULL COLLATE pg_catalog."C",
    expires_at bigint,
    other_mailbox character varying(250),
    lost_answer character varying(20) COLLATE pg_catalog."C",
    lost_answer_of bigint,
    not_before bigint,
    refresh_expires_at bigint,
    told_state character varying(30) COLLATE pg_catalog."C",
    is_untold smallint GENERATED ALWAYS AS (
CASE
    WHEN ((state IS NOT NULL) AND ((told_state IS NULL) OR ((told_state)::text <> (state)::text))) THEN 1
    ELSE 0
END) STORED,
    mail text,
    missing_scopes character varying(1000),
    token_state character varying(30) COLLATE pg_catalog."C",
    token_urgency smallint,
    tokens_mark bigint,
    last_test text,
    told_attention smallint,
    is_change_untold smallint GENERATED ALWAYS AS (
CASE
    WHEN ((token_state IS NOT NULL) AND ((told_state IS NULL) OR ((told_state)::text <> (token_state)::text) OR ((told_attention IS NOT NULL) AND (told_attention <>
    CASE
        WHEN (token_urgency <= 3) THEN 1
        ELSE 0
    END)))) THEN 1
    ELSE 0
END) STORED
);
CREATE TABLE public.oauth2_sidecar_shared_mailbox (
    token_config_id integer NOT NULL,
    mail_account_id integer NOT NULL
);
ALTER TABLE ONLY public.oauth2_sidecar_alert_message ALTER COLUMN id SET DEFAULT nextval('public.oauth2_sidecar_alert_message_id_seq'::regclass);
ALTER TABLE ONLY public.oauth2_sidecar_event ALTER COLUMN id SET DEFAULT nextval('public.oauth2_sidecar_event_id_seq'::regclass);
ALTER TABLE ONLY public.oauth2_sidecar_migration ALTER COLUMN id SET DEFAULT nextval('public.oauth2_sidecar_migration_id_seq'::regclass);
ALTER TABLE ONLY public.oauth2_sidecar_migration_lock ALTER COLUMN index SET DEFAULT nextval('public.oauth2_sidecar_migration_lock_index_seq'::regclass);
ALTER TABLE ONLY public.oauth2_sidecar_relay_password ALTER COLUMN id SET DEFAULT nextval('public.oauth2_sidecar_relay_password_id_seq'::regclass);
INSERT INTO public.oauth2_sidecar_alert (subject, config_id, name, state, cause, severity, since, changed_at, told_state, told_severity, told_at, episodes, look_at) VALUES ('w1', 7, 'Grün & € <b>1</b>', 'valid', 'w1', 1, 1795500000000, 1795500000000, 'valid', 1, 1795500000000, 7, 1795500000000);
INSERT INTO public.oauth2_sidecar_alert (subject, config_id, name, state, cause, severity, since, changed_at, told_state, told_severity, told_at, episodes, look_at) VALUES ('w2', NULL, 'Grün & € <b>2</b>', 'valid', 'w2', 0, 0, 0, NULL, NULL, NULL, 8, NULL);
INSERT INTO public.oauth2_sidecar_alert (subject, config_id, name, state, cause, severity, since, changed_at, told_state, told_severity, told_at, episodes, look_at) VALUES ('zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 2147483647, 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'consent-needed', 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 1, 9007199254740991, 9007199254740991, 'consent-needed', 1, 9007199254740991, 2147483647, 9007199254740991);
INSERT INTO public.oauth2_sidecar_alert_channel (channel, failures, failing_since, next_at, last_error, last_success_at, seen_at) VALUES ('all', 0, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.oauth2_sidecar_alert_channel (channel, failures, failing_since, next_at, last_error, last_success_at, seen_at) VALUES ('w1', 7, 1795500000000, 1795500000000, 'Grün & € <b>1</b>', 1795500000000, 1795500000000);
INSERT INTO public.oauth2_sidecar_alert_channel (channel, failures, failing_since, next_at, last_error, last_success_at, seen_at) VALUES ('w2', 8, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.oauth2_sidecar_alert_channel (channel, failures, failing_since, next_at, last_error, last_success_at, seen_at) VALUES ('zzzzzzzzzzzzzzzzzzzz', 2147483647, 9007199254740991, 9007199254740991, 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 9007199254740991, 9007199254740991);
INSERT INTO public.oauth2_sidecar_alert_message (id, message_id, channel, message, created_at, failures, next_at, lease_holder, lease_until, ended_at, outcome) VALUES (1, 'w1', 'w1', 'Ä €
1', 1795500000000, 7, 1795500000000, 'w1', 1795500000000, 1795500000000, 'renewed');
INSERT INTO public.oauth2_sidecar_alert_message (id, message_id, channel, message, created_at, failures, next_at, lease_holder, lease_until, ended_at, outcome) VALUES (2, 'w2', 'w2', 'Ä €
2', 0, 8, NULL, NULL, 0, NULL, NULL);
INSERT INTO public.oauth2_sidecar_alert_message (id, message_id, channel, message, created_at, failures, next_at, lease_holder, lease_until, ended_at, outcome) VALUES (3, 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 'zzzzzzzzzzzzzzzzzzzz', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy', 9007199254740991, 2147483647, 9007199254740991, 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 9007199254740991, 9007199254740991, 'grant-dead');
INSERT INTO public.oauth2_sidecar_authorization (state_hash, session_hash, user_id, token_config_id, verifier, redirect_uri, created_at, expires_at) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 7, 7, 'w1', 'Ä €
1', 1795500000000, 1795500000000);
INSERT INTO public.oauth2_sidecar_authorization (state_hash, session_hash, user_id, token_config_id, verifier, redirect_uri, created_at, expires_at) VALUES ('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 8, 8, NULL, 'Ä €
2', 0, 0);
INSERT INTO public.oauth2_sidecar_authorization (state_hash, session_hash, user_id, token_config_id, verifier, redirect_uri, created_at, expires_at) VALUES ('cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 2147483647, 2147483647, 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy', 9007199254740991, 9007199254740991);
INSERT INTO public.oauth2_sidecar_event (id, at, token_config_id, name, user_id, what, outcome, code, duration_ms) VALUES (1, 1795500000000, 7, 'Grün & € <b>1</b>', 7, 'renewal', 'renewed', 'Grün & € <b>1</b>', 7);
INSERT INTO public.oauth2_sidecar_event (id, at, token_config_id, name, user_id, what, outcome, code, duration_ms) VALUES (2, 0, 8, 'Grün & € <b>2</b>', NULL, 'renewal', 'renewed', NULL, NULL);
INSERT INTO public.oauth2_sidecar_event (id, at, token_config_id, name, user_id, what, outcome, code, duration_ms) VALUES (3, 9007199254740991, 2147483647, 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 2147483647, 'renewal', 'grant-dead', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 2147483647);
INSERT INTO public.oauth2_sidecar_identity (token_config_id, subject, login, email, issuer, at) VALUES (7, 'Grün & € <b>1</b>', 'Grün & € <b>1</b>', 'Grün & € <b>1</b>', 'Ä €
1', 1795500000000);
INSERT INTO public.oauth2_sidecar_identity (token_config_id, subject, login, email, issuer, at) VALUES (8, 'Grün & € <b>2</b>', NULL, NULL, 'Ä €
2', 0);
INSERT INTO public.oauth2_sidecar_identity (token_config_id, subject, login, email, issuer, at) VALUES (2147483647, 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy', 9007199254740991);
INSERT INTO public.oauth2_sidecar_import (ticket_hash, session_hash, content, expires_at) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '\x00ff01', 1795500000000);
INSERT INTO public.oauth2_sidecar_import (ticket_hash, session_hash, content, expires_at) VALUES ('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '\x00ff02', 0);
INSERT INTO public.oauth2_sidecar_import (ticket_hash, session_hash, content, expires_at) VALUES ('cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', '\x00ff03', 9007199254740991);
INSERT INTO public.oauth2_sidecar_mail_watch (id, log_id, looked_at, fetched_at, account_mark, queue, told_fetching) VALUES (7, 1795500000000, 1795500000000, 1795500000000, 'w1', 'Ä €
1', 'w1');
INSERT INTO public.oauth2_sidecar_mail_watch (id, log_id, looked_at, fetched_at, account_mark, queue, told_fetching) VALUES (8, NULL, NULL, NULL, 'w2', NULL, NULL);
INSERT INTO public.oauth2_sidecar_mail_watch (id, log_id, looked_at, fetched_at, account_mark, queue, told_fetching) VALUES (2147483647, 9007199254740991, 9007199254740991, 9007199254740991, 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy', 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz');
INSERT INTO public.oauth2_sidecar_mailbox (account_id, log_id, fetched_at, failed_at, failing_since, failures, open_id, open_since, causes, account_mark, muted_until, changes_at, told_state, state, severity, relay_config_id) VALUES (8, 0, NULL, NULL, NULL, 8, NULL, NULL, NULL, 'w2', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.oauth2_sidecar_mailbox (account_id, log_id, fetched_at, failed_at, failing_since, failures, open_id, open_since, causes, account_mark, muted_until, changes_at, told_state, state, severity, relay_config_id) VALUES (2147483647, 9007199254740991, 9007199254740991, 9007199254740991, 9007199254740991, 2147483647, 9007199254740991, 9007199254740991, 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy', 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 9007199254740991, 9007199254740991, 'consent-needed', 'consent-needed', 1, NULL);
INSERT INTO public.oauth2_sidecar_mailbox (account_id, log_id, fetched_at, failed_at, failing_since, failures, open_id, open_since, causes, account_mark, muted_until, changes_at, told_state, state, severity, relay_config_id) VALUES (7, 1795500000000, 1795500000000, 1795500000000, 1795500000000, 7, 1795500000000, 1795500000000, 'Ä €
1', 'w1', 1795500000000, 1795500000000, 'valid', 'valid', 1, 7);
INSERT INTO public.oauth2_sidecar_migrating (id, holder, lease_until) VALUES (1, '', 0);
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (1, '0001-authorization-and-lease', 1, '2026-11-29 20:58:16.79+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (2, '0002-renewal-and-event', 1, '2026-11-29 20:58:16.809+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (3, '0003-import-preview', 1, '2026-11-29 20:58:16.819+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (4, '0004-stored-state', 1, '2026-11-29 20:58:16.843+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (5, '0005-identity', 1, '2026-11-29 20:58:16.929+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (6, '0006-token-end', 1, '2026-11-29 20:58:16.973+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (7, '0007-other-mailbox', 1, '2026-11-29 20:58:16.991+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (8, '0008-lost-answer', 1, '2026-11-29 20:58:17.029+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (9, '0009-told-state', 1, '2026-11-29 20:58:17.082+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (10, '0010-mailbox', 1, '2026-11-29 20:58:17.176+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (11, '0011-alerts', 1, '2026-11-29 20:58:17.331+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (12, '0012-alert-channel-seen', 1, '2026-11-29 20:58:17.375+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (13, '0013-missing-scopes', 1, '2026-11-29 20:58:17.403+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (14, '0014-told-mailbox', 1, '2026-11-29 20:58:17.645+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (15, '0015-last-test', 1, '2026-11-29 20:58:17.683+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (16, '0016-told-attention', 1, '2026-11-29 20:58:17.763+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (17, '0017-one-form', 1, '2026-11-29 20:58:17.763+00');
INSERT INTO public.oauth2_sidecar_migration (id, name, batch, migration_time) VALUES (18, '0018-relay', 2, '2026-11-30 05:27:35.113+00');
INSERT INTO public.oauth2_sidecar_migration_lock (index, is_locked) VALUES (2, 0);
INSERT INTO public.oauth2_sidecar_relay_password (id, token_config_id, login, client, selector, password_hash, imap_server, pop3_server, smtp_server, created_at, created_by, last_used_at) VALUES (1, 7, 'Grün & € <b>1</b>', 'Scanner 📠', 'aaaaaaaa', 'scrypt$1', 'IMAPS imap.example.org', 'POP3S pop.example.org', 'SMTPTLS smtp.example.org:587', 1795500000000, 1, 1795500000001);
INSERT INTO public.oauth2_sidecar_relay_password (id, token_config_id, login, client, selector, password_hash, imap_server, pop3_server, smtp_server, created_at, created_by, last_used_at) VALUES (2, 8, 'b@example.org', 'Ä €', 'b_-B1234', 's', NULL, NULL, NULL, 0, 0, NULL);
INSERT INTO public.oauth2_sidecar_relay_password (id, token_config_id, login, client, selector, password_hash, imap_server, pop3_server, smtp_server, created_at, created_by, last_used_at) VALUES (3, 2147483647, 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'cccccccccccccccccccc', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 9007199254740991, 2147483647, 9007199254740991);
INSERT INTO public.oauth2_sidecar_renewal (token_config_id, due_at, reason, lease_holder, lease_until, failures, outcome, retry_at, last_success_at, received_at, refresh_token_issued_at, refresh_token_dies_at, config_mark, token_mark, failing_since, error, state, urgency, notice, token_ends_at, provider, expires_at, other_mailbox, lost_answer, lost_answer_of, not_before, refresh_expires_at, told_state, mail, missing_scopes, token_state, token_urgency, tokens_mark, last_test, told_attention) VALUES (7, 1795500000000, 'not_due', 'w1', 1795500000000, 7, 'renewed', 1795500000000, 1795500000000, 1795500000000, 1795500000000, 1795500000000, 'w1', 'w1', 1795500000000, 'Grün & € <b>1</b>', 'valid', 1, 1, 1795500000000, 'w1', 1795500000000, 'Grün & € <b>1</b>', 'w1', 1795500000000, 1795500000000, 1795500000000, 'valid', 'Ä €
1', 'Grün & € <b>1</b>', 'valid', 1, 1795500000000, 'Ä €
1', 1);
INSERT INTO public.oauth2_sidecar_renewal (token_config_id, due_at, reason, lease_holder, lease_until, failures, outcome, retry_at, last_success_at, received_at, refresh_token_issued_at, refresh_token_dies_at, config_mark, token_mark, failing_since, error, state, urgency, notice, token_ends_at, provider, expires_at, other_mailbox, lost_answer, lost_answer_of, not_before, refresh_expires_at, told_state, mail, missing_scopes, token_state, token_urgency, tokens_mark, last_test, told_attention) VALUES (8, NULL, NULL, NULL, 0, 8, NULL, NULL, NULL, NULL, NULL, NULL, 'w2', 'w2', NULL, NULL, NULL, 0, 0, 0, 'w2', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.oauth2_sidecar_renewal (token_config_id, due_at, reason, lease_holder, lease_until, failures, outcome, retry_at, last_success_at, received_at, refresh_token_issued_at, refresh_token_dies_at, config_mark, token_mark, failing_since, error, state, urgency, notice, token_ends_at, provider, expires_at, other_mailbox, lost_answer, lost_answer_of, not_before, refresh_expires_at, told_state, mail, missing_scopes, token_state, token_urgency, tokens_mark, last_test, told_attention) VALUES (2147483647, 9007199254740991, 'grant_dead', 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 9007199254740991, 2147483647, 'grant-dead', 9007199254740991, 9007199254740991, 9007199254740991, 9007199254740991, 9007199254740991, 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 9007199254740991, 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'consent-needed', 1, 1, 9007199254740991, 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', 9007199254740991, 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'zzzzzzzzzzzzzzzzzzzz', 9007199254740991, 9007199254740991, 9007199254740991, 'consent-needed', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy', 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn', 'consent-needed', 1, 9007199254740991, 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy', 1);
INSERT INTO public.oauth2_sidecar_shared_mailbox (token_config_id, mail_account_id) VALUES (7, 7);
INSERT INTO public.oauth2_sidecar_shared_mailbox (token_config_id, mail_account_id) VALUES (8, 8);
INSERT INTO public.oauth2_sidecar_shared_mailbox (token_config_id, mail_account_id) VALUES (2147483647, 2147483647);
SELECT pg_catalog.setval('public.oauth2_sidecar_alert_message_id_seq', 3, true);
SELECT pg_catalog.setval('public.oauth2_sidecar_event_id_seq', 3, true);
SELECT pg_catalog.setval('public.oauth2_sidecar_migration_id_seq', 18, true);
SELECT pg_catalog.setval('public.oauth2_sidecar_migration_lock_index_seq', 2, true);
SELECT pg_catalog.setval('public.oauth2_sidecar_relay_password_id_seq', 3, true);
ALTER TABLE ONLY public.oauth2_sidecar_alert_channel
    ADD CONSTRAINT oauth2_sidecar_alert_channel_pkey PRIMARY KEY (channel);
ALTER TABLE ONLY public.oauth2_sidecar_alert_message
    ADD CONSTRAINT oauth2_sidecar_alert_message_once UNIQUE (message_id, channel);
ALTER TABLE ONLY public.oauth2_sidecar_alert_message
    ADD CONSTRAINT oauth2_sidecar_alert_message_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.oauth2_sidecar_alert
    ADD CONSTRAINT oauth2_sidecar_alert_pkey PRIMARY KEY (subject);
ALTER TABLE ONLY public.oauth2_sidecar_authorization
    ADD CONSTRAINT oauth2_sidecar_authorization_pkey PRIMARY KEY (state_hash);
ALTER TABLE ONLY public.oauth2_sidecar_event
    ADD CONSTRAINT oauth2_sidecar_event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.oauth2_sidecar_identity
    ADD CONSTRAINT oauth2_sidecar_identity_pkey PRIMARY KEY (token_config_id);
ALTER TABLE ONLY public.oauth2_sidecar_import
    ADD CONSTRAINT oauth2_sidecar_import_pkey PRIMARY KEY (ticket_hash);
ALTER TABLE ONLY public.oauth2_sidecar_mail_watch
    ADD CONSTRAINT oauth2_sidecar_mail_watch_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.oauth2_sidecar_mailbox
    ADD CONSTRAINT oauth2_sidecar_mailbox_pkey PRIMARY KEY (account_id);
ALTER TABLE ONLY public.oauth2_sidecar_migrating
    ADD CONSTRAINT oauth2_sidecar_migrating_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.oauth2_sidecar_migration_lock
    ADD CONSTRAINT oauth2_sidecar_migration_lock_pkey PRIMARY KEY (index);
ALTER TABLE ONLY public.oauth2_sidecar_migration
    ADD CONSTRAINT oauth2_sidecar_migration_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.oauth2_sidecar_relay_password
    ADD CONSTRAINT oauth2_sidecar_relay_password_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.oauth2_sidecar_relay_password
    ADD CONSTRAINT oauth2_sidecar_relay_password_selector UNIQUE (selector);
ALTER TABLE ONLY public.oauth2_sidecar_renewal
    ADD CONSTRAINT oauth2_sidecar_renewal_pkey PRIMARY KEY (token_config_id);
ALTER TABLE ONLY public.oauth2_sidecar_shared_mailbox
    ADD CONSTRAINT oauth2_sidecar_shared_mailbox_pkey PRIMARY KEY (token_config_id, mail_account_id);
CREATE INDEX oauth2_sidecar_alert_cause ON public.oauth2_sidecar_alert USING btree (cause);
CREATE INDEX oauth2_sidecar_alert_look_at ON public.oauth2_sidecar_alert USING btree (look_at);
CREATE INDEX oauth2_sidecar_alert_message_ended_at ON public.oauth2_sidecar_alert_message USING btree (ended_at);
CREATE INDEX oauth2_sidecar_alert_message_next_at ON public.oauth2_sidecar_alert_message USING btree (channel, next_at);
CREATE INDEX oauth2_sidecar_alert_told ON public.oauth2_sidecar_alert USING btree (told_severity, since);
CREATE INDEX oauth2_sidecar_authorization_expires_at ON public.oauth2_sidecar_authorization USING btree (expires_at);
CREATE INDEX oauth2_sidecar_event_at ON public.oauth2_sidecar_event USING btree (at);
CREATE INDEX oauth2_sidecar_event_token_config_id ON public.oauth2_sidecar_event USING btree (token_config_id, id);
CREATE INDEX oauth2_sidecar_import_expires_at ON public.oauth2_sidecar_import USING btree (expires_at);
CREATE INDEX oauth2_sidecar_import_session_hash ON public.oauth2_sidecar_import USING btree (session_hash);
CREATE INDEX oauth2_sidecar_mailbox_changes_at ON public.oauth2_sidecar_mailbox USING btree (changes_at);
CREATE INDEX oauth2_sidecar_mailbox_open_id ON public.oauth2_sidecar_mailbox USING btree (open_id);
CREATE INDEX oauth2_sidecar_mailbox_relay ON public.oauth2_sidecar_mailbox USING btree (relay_config_id);
CREATE INDEX oauth2_sidecar_mailbox_state ON public.oauth2_sidecar_mailbox USING btree (severity, state);
CREATE INDEX oauth2_sidecar_relay_password_config ON public.oauth2_sidecar_relay_password USING btree (token_config_id);
CREATE INDEX oauth2_sidecar_renewal_due_at ON public.oauth2_sidecar_renewal USING btree (due_at);
CREATE INDEX oauth2_sidecar_renewal_is_change_untold ON public.oauth2_sidecar_renewal USING btree (is_change_untold);
CREATE INDEX oauth2_sidecar_renewal_is_untold ON public.oauth2_sidecar_renewal USING btree (is_untold);
CREATE INDEX oauth2_sidecar_renewal_last_success_at ON public.oauth2_sidecar_renewal USING btree (last_success_at);
CREATE INDEX oauth2_sidecar_renewal_notice ON public.oauth2_sidecar_renewal USING btree (notice, urgency, token_ends_at);
CREATE INDEX oauth2_sidecar_renewal_provider ON public.oauth2_sidecar_renewal USING btree (provider);
CREATE INDEX oauth2_sidecar_renewal_state ON public.oauth2_sidecar_renewal USING btree (state, urgency);
CREATE INDEX oauth2_sidecar_renewal_token_ends_at ON public.oauth2_sidecar_renewal USING btree (token_ends_at);
CREATE INDEX oauth2_sidecar_renewal_urgency ON public.oauth2_sidecar_renewal USING btree (urgency, token_ends_at);
