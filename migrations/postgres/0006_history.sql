-- History beside process and activity instances: rows of what has ended, appended once.

-- The variables that a scope or activity held at its end, the root scope under the id of the instance.
create table history_variables (
    id               uuid        not null,
    instance_id      uuid        not null,
    root_instance_id uuid,
    task_id          uuid,
    definition_id    text        collate "C" not null,
    definition_key   text        collate "C" not null,
    tenant_id        text        collate "C",
    started_at       timestamptz not null,
    ended_at         timestamptz not null,
    variables        jsonb       not null,
    primary key (instance_id, id)
) partition by range (instance_id);

create table history_variables_rest partition of history_variables default;

-- Values that are too large for the documents of history_variables, or that jsonb cannot hold.
create table history_large_value (
    instance_id uuid not null,
    hash        text collate "C" not null,
    content     text not null,
    primary key (instance_id, hash)
) partition by range (instance_id);

create table history_large_value_rest partition of history_large_value default;

-- User tasks as they were at their end.
create table history_task (
    id               uuid        not null,
    instance_id      uuid        not null,
    root_instance_id uuid,
    definition_id    text        collate "C" not null,
    definition_key   text        collate "C" not null,
    definition_name  text        collate "C",
    tenant_id        text        collate "C",
    business_key     text        collate "C",
    node_id          text        collate "C" not null,
    name             text        collate "C",
    description      text        collate "C",
    assignee         text        collate "C",
    owner            text        collate "C",
    priority         bigint      not null,
    due              timestamptz,
    follow_up        timestamptz,
    started_at       timestamptz not null,
    ended_at         timestamptz,
    delete_reason    text        collate "C",
    -- JSON arrays of names.
    candidate_users  json        not null,
    candidate_groups json        not null,
    primary key (instance_id, id)
) partition by range (instance_id);

create table history_task_rest partition of history_task default;

-- Incidents that were closed.
create table history_incident (
    id                uuid        not null,
    instance_id       uuid        not null,
    root_instance_id  uuid,
    execution_id      uuid        not null,
    incident_type     text        collate "C" not null,
    node_id           text        collate "C" not null,
    configuration     text        collate "C",
    message           text        collate "C",
    created_at        timestamptz not null,
    ended_at          timestamptz,
    state             text        collate "C" not null,
    definition_id     text        collate "C" not null,
    definition_key    text        collate "C" not null,
    tenant_id         text        collate "C",
    job_definition_id uuid,
    primary key (instance_id, id)
) partition by range (instance_id);

create table history_incident_rest partition of history_incident default;

-- What happened to the jobs of instances.
create table history_job_log (
    id                uuid        not null,
    instance_id       uuid        not null,
    root_instance_id  uuid,
    at                timestamptz not null,
    state             text        collate "C" not null,
    job_id            uuid        not null,
    due               timestamptz,
    retries           bigint      not null,
    priority          bigint      not null,
    exception_message text        collate "C",
    failed_node_id    text        collate "C",
    job_definition_id uuid,
    job_type          text        collate "C" not null,
    configuration     text        collate "C" not null,
    node_id           text        collate "C" not null,
    execution_id      uuid        not null,
    definition_id     text        collate "C" not null,
    definition_key    text        collate "C" not null,
    deployment_id     uuid        not null,
    tenant_id         text        collate "C",
    exception_details text        collate "C",
    primary key (instance_id, id)
) partition by range (instance_id);

create table history_job_log_rest partition of history_job_log default;

-- What called instances belong to, and what external tasks were for workers: their creation and end follow from it.
alter table history_activity
    add column root_instance_id   uuid,
    add column called_instance_id uuid,
    add column topic              text collate "C",
    add column worker             text collate "C",
    add column priority           bigint,
    add column retries            integer;

-- Failures of external tasks.
create table history_external_task_log (
    id               uuid        not null,
    instance_id      uuid        not null,
    root_instance_id uuid,
    at               timestamptz not null,
    state            text        collate "C" not null,
    external_task_id uuid        not null,
    topic            text        collate "C" not null,
    worker           text        collate "C",
    priority         bigint      not null,
    retries          bigint,
    error_message    text        collate "C",
    node_id          text        collate "C" not null,
    definition_id    text        collate "C" not null,
    definition_key   text        collate "C" not null,
    tenant_id        text        collate "C",
    error_details    text        collate "C",
    primary key (instance_id, id)
) partition by range (instance_id);

create table history_external_task_log_rest partition of history_external_task_log default;
