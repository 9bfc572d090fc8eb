-- The first schema of Flowstone on Postgres.
--
-- Text sorts by code point everywhere (collation "C"): the order of a query is the same on every
-- store and on every server, and indexes do not depend on the version of the system's locales.
-- Hot tables have no foreign keys: one statement writes them all, in no fixed order, and rows of
-- an instance are only ever written together with its `process_instance` row.

-- Running instances. `version` changes with every commit: neither it nor anything else that
-- changes often may be in an index, so that updates stay inside their page (HOT).
create table process_instance (
    id                uuid        not null,
    definition_id     text        collate "C" not null,
    business_key      text        collate "C",
    tenant_id         text        collate "C",
    suspended         boolean     not null,
    variables         jsonb       not null,
    start_activity_id text        collate "C",
    start_user_id     text        collate "C",
    started_at        timestamptz not null,
    version           bigint      not null,
    primary key (id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create index process_instance_definition on process_instance (definition_id);
create index process_instance_business_key on process_instance (business_key) where business_key is not null;
-- Serves `variables @> …`; an instance without variables costs nothing here.
create index process_instance_variables on process_instance using gin (variables jsonb_path_ops)
    where variables <> '{}';

-- Values too large for the document of their scope, and those that jsonb cannot hold.
create table large_value (
    instance_id uuid  not null,
    hash        text  collate "C" not null,
    content     text  not null,
    primary key (instance_id, hash)
);

-- Open activity instances: entered sub-processes and tokens at rest, with the columns of external
-- tasks in the same row. Lock columns are in no index: see `process_instance`.
create table activity (
    id             uuid        not null,
    instance_id    uuid        not null,
    parent_id      uuid        not null,
    node_id        text        collate "C" not null,
    activity_type  text        collate "C" not null,
    activity_name  text        collate "C",
    kind           text        collate "C" not null,
    started_at     timestamptz not null,
    variables      jsonb,
    topic          text        collate "C",
    priority       bigint,
    retries        integer,
    worker         text        collate "C",
    lock_expires   timestamptz,
    lock_token     uuid,
    error_message  text        collate "C",
    error_details  text        collate "C",
    task_suspended boolean,
    primary key (id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create index activity_instance on activity (instance_id);
create index activity_topic on activity (topic, id) where kind = 'externalTask';

create table user_task (
    id               uuid    not null,
    instance_id      uuid    not null,
    name             text    collate "C",
    description      text    collate "C",
    assignee         text    collate "C",
    owner            text    collate "C",
    delegation_state text    collate "C",
    priority         integer not null,
    due              timestamptz,
    follow_up        timestamptz,
    candidate_users  text[]  collate "C" not null,
    candidate_groups text[]  collate "C" not null,
    form_key         text    collate "C",
    form_ref         json,
    primary key (id)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create index user_task_instance on user_task (instance_id);
create index user_task_assignee on user_task (assignee) where assignee is not null;

create table event_subscription (
    id          uuid        not null,
    instance_id uuid        not null,
    activity_id uuid        not null,
    event_type  text        collate "C" not null,
    event_name  text        collate "C",
    node_id     text        collate "C" not null,
    created_at  timestamptz not null,
    primary key (id)
);

create index event_subscription_instance on event_subscription (instance_id);
create index event_subscription_event on event_subscription (event_name, event_type);

create table incident (
    id            uuid        not null,
    instance_id   uuid        not null,
    activity_id   uuid        not null,
    incident_type text        collate "C" not null,
    node_id       text        collate "C" not null,
    configuration text        collate "C",
    message       text        collate "C",
    created_at    timestamptz not null,
    primary key (id)
);

create index incident_instance on incident (instance_id);

-- Idempotency keys. `outcome` is json, not jsonb: the reply is repeated as it was.
create table applied_command (
    key         text        collate "C" not null,
    instance_id uuid        not null,
    at          timestamptz not null,
    outcome     json        not null,
    primary key (key)
);

create index applied_command_at on applied_command using brin (at);

create table deployment (
    id          uuid        not null,
    name        text        collate "C",
    source      text        collate "C",
    tenant_id   text        collate "C",
    deployed_at timestamptz not null,
    primary key (id)
);

create table deployment_resource (
    id            uuid  not null,
    deployment_id uuid  not null references deployment (id) on delete cascade,
    name          text  collate "C" not null,
    bytes         bytea not null,
    primary key (id)
);

create index deployment_resource_name on deployment_resource (deployment_id, name);

create table process_definition (
    id                     text    collate "C" not null,
    key                    text    collate "C" not null,
    category               text    collate "C",
    description            text    collate "C",
    name                   text    collate "C",
    version                integer not null,
    resource_name          text    collate "C" not null,
    deployment_id          uuid    not null references deployment (id) on delete cascade,
    deployed_at            timestamptz not null,
    diagram                text    collate "C",
    suspended              boolean not null,
    tenant_id              text    collate "C",
    version_tag            text    collate "C",
    history_time_to_live   integer,
    startable_in_tasklist  boolean not null,
    primary key (id)
);

-- Two deployments can never give the same version of a key to two definitions.
create unique index process_definition_version
    on process_definition (key, coalesce(tenant_id, ''), (tenant_id is null), version);
create index process_definition_deployment on process_definition (deployment_id);

-- History: only what has ended, appended once. Partitioned by the month in which the instance
-- began: its id is a UUIDv7, whose first 48 bits are the milliseconds since 1970, so the bounds of
-- a month are ids, and everything about one instance lies in one partition of each table.
create table history_process_instance (
    id                 uuid        not null,
    definition_id      text        collate "C" not null,
    definition_key     text        collate "C" not null,
    definition_name    text        collate "C",
    definition_version integer     not null,
    business_key       text        collate "C",
    tenant_id          text        collate "C",
    start_activity_id  text        collate "C",
    end_activity_id    text        collate "C",
    start_user_id      text        collate "C",
    started_at         timestamptz not null,
    ended_at           timestamptz not null,
    state              text        collate "C" not null,
    delete_reason      text        collate "C",
    primary key (id)
) partition by range (id);

create table history_process_instance_rest partition of history_process_instance default;

create table history_activity (
    id             uuid        not null,
    instance_id    uuid        not null,
    parent_id      uuid        not null,
    definition_id  text        collate "C" not null,
    definition_key text        collate "C" not null,
    tenant_id      text        collate "C",
    node_id        text        collate "C" not null,
    activity_type  text        collate "C" not null,
    activity_name  text        collate "C",
    task_id        uuid,
    assignee       text        collate "C",
    started_at     timestamptz not null,
    ended_at       timestamptz not null,
    canceled       boolean     not null,
    complete_scope boolean     not null,
    primary key (instance_id, id)
) partition by range (instance_id);

create table history_activity_rest partition of history_activity default;

-- The events themselves, for history level `full`: one row per commit of an instance.
create table history_event (
    instance_id uuid        not null,
    version     bigint      not null,
    at          timestamptz not null,
    events      bytea       not null,
    primary key (instance_id, version)
) partition by range (instance_id);

create table history_event_rest partition of history_event default;
