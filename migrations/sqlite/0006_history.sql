-- History beside process and activity instances: rows of what has ended, appended once.

-- The variables that a scope or activity held at its end, the root scope under the id of the instance.
create table history_variables (
    id               text    not null,
    instance_id      text    not null,
    root_instance_id text,
    task_id          text,
    definition_id    text    not null,
    definition_key   text    not null,
    tenant_id        text,
    started_at       integer not null,
    ended_at         integer not null,
    variables        text    not null,
    primary key (instance_id, id)
) strict;

-- User tasks as they were at their end.
create table history_task (
    id               text    not null,
    instance_id      text    not null,
    root_instance_id text,
    definition_id    text    not null,
    definition_key   text    not null,
    definition_name  text,
    tenant_id        text,
    business_key     text,
    node_id          text    not null,
    name             text,
    description      text,
    assignee         text,
    owner            text,
    priority         integer not null,
    due              integer,
    follow_up        integer,
    started_at       integer not null,
    ended_at         integer,
    delete_reason    text,
    -- JSON arrays of names.
    candidate_users  text    not null,
    candidate_groups text    not null,
    primary key (instance_id, id)
) strict;

-- Incidents that were closed.
create table history_incident (
    id                text    not null,
    instance_id       text    not null,
    root_instance_id  text,
    execution_id      text    not null,
    incident_type     text    not null,
    node_id           text    not null,
    configuration     text,
    message           text,
    created_at        integer not null,
    ended_at          integer,
    state             text    not null,
    definition_id     text    not null,
    definition_key    text    not null,
    tenant_id         text,
    job_definition_id text,
    primary key (instance_id, id)
) strict;

-- What happened to the jobs of instances.
create table history_job_log (
    id                text    not null,
    instance_id       text    not null,
    root_instance_id  text,
    at                integer not null,
    state             text    not null,
    job_id            text    not null,
    due               integer,
    retries           integer not null,
    priority          integer not null,
    exception_message text,
    failed_node_id    text,
    job_definition_id text,
    job_type          text    not null,
    configuration     text    not null,
    node_id           text    not null,
    execution_id      text    not null,
    definition_id     text    not null,
    definition_key    text    not null,
    deployment_id     text    not null,
    tenant_id         text,
    exception_details text,
    primary key (instance_id, id)
) strict;

-- What called instances belong to, and what external tasks were for workers: their creation and end follow from it.
alter table history_activity add column root_instance_id text;
alter table history_activity add column called_instance_id text;
alter table history_activity add column topic text;
alter table history_activity add column worker text;
alter table history_activity add column priority integer;
alter table history_activity add column retries integer;

-- Failures of external tasks.
create table history_external_task_log (
    id               text    not null,
    instance_id      text    not null,
    root_instance_id text,
    at               integer not null,
    state            text    not null,
    external_task_id text    not null,
    topic            text    not null,
    worker           text,
    priority         integer not null,
    retries          integer,
    error_message    text,
    node_id          text    not null,
    definition_id    text    not null,
    definition_key   text    not null,
    tenant_id        text,
    error_details    text,
    primary key (instance_id, id)
) strict;
