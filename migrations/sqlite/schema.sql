-- The schema after all migrations, for reading and for reviewing changes; nothing runs this file.

CREATE TABLE activity (
    id             text    not null primary key,
    instance_id    text    not null,
    parent_id      text    not null,
    node_id        text    not null,
    activity_type  text    not null,
    activity_name  text,
    kind           text    not null,
    started_at     integer not null,
    variables      text,
    topic          text,
    priority       integer,
    retries        integer,
    worker         text,
    lock_expires   integer,
    lock_token     text,
    error_message  text,
    error_details  text,
    task_suspended integer
, detail text) strict;

CREATE INDEX activity_instance on activity (instance_id);

CREATE INDEX activity_topic on activity (topic, priority desc, id) where topic is not null;

CREATE TABLE applied_command (
    key         text    not null primary key,
    instance_id text    not null,
    at          integer not null,
    outcome     text    not null
) strict;

CREATE INDEX applied_command_at on applied_command (at);

CREATE TABLE decision_definition (
    id                   text    not null primary key,
    key                  text    not null,
    category             text,
    name                 text,
    version              integer not null,
    resource_name        text    not null,
    deployment_id        text    not null,
    deployed_at          integer not null,
    tenant_id            text,
    version_tag          text,
    history_time_to_live integer
, requirements_id text, requirements_key text, requirements_name text, requirements_version integer) strict;

CREATE INDEX decision_definition_deployment on decision_definition (deployment_id);

CREATE INDEX decision_definition_requirements on decision_definition (requirements_key, requirements_version)
    where requirements_key is not null;

CREATE UNIQUE INDEX decision_definition_version
    on decision_definition (key, coalesce(tenant_id, ''), (tenant_id is null), version);

CREATE TABLE deployment (
    id          text    not null primary key,
    name        text,
    source      text,
    tenant_id   text,
    deployed_at integer not null
) strict;

CREATE TABLE deployment_resource (
    id            text not null primary key,
    deployment_id text not null,
    name          text not null,
    bytes         blob not null
) strict;

CREATE INDEX deployment_resource_name on deployment_resource (deployment_id, name);

CREATE TABLE event_subscription (
    id          text    not null primary key,
    instance_id text    not null,
    activity_id text    not null,
    event_type  text    not null,
    event_name  text,
    node_id     text    not null,
    created_at  integer not null
, configuration text) strict;

CREATE INDEX event_subscription_event on event_subscription (event_name, event_type);

CREATE INDEX event_subscription_instance on event_subscription (instance_id);

CREATE TABLE history_activity (
    id             text    not null,
    instance_id    text    not null,
    parent_id      text    not null,
    definition_id  text    not null,
    definition_key text    not null,
    tenant_id      text,
    node_id        text    not null,
    activity_type  text    not null,
    activity_name  text,
    task_id        text,
    assignee       text,
    started_at     integer not null,
    ended_at       integer not null,
    canceled       integer not null,
    complete_scope integer not null, root_instance_id text, called_instance_id text, topic text, worker text, priority integer, retries integer,
    primary key (instance_id, id)
) strict, without rowid;

CREATE TABLE history_decision (
    id                        text    not null,
    -- The instance, or the evaluation that was asked for when no instance wanted it.
    instance_id               text    not null,
    process_instance_id       text,
    root_instance_id          text,
    at                        integer not null,
    decision_id               text    not null,
    decision_key              text    not null,
    decision_name             text,
    required                  integer not null,
    root_decision_instance_id text    not null,
    definition_id             text,
    definition_key            text,
    node_id                   text,
    activity_instance_id      text,
    tenant_id                 text,
    -- JSON documents.
    inputs                    text    not null,
    outputs                   text    not null,
    collected                 text,
    primary key (instance_id, id)
) strict;

CREATE TABLE history_event (
    instance_id text    not null,
    version     integer not null,
    at          integer not null,
    events      blob    not null,
    primary key (instance_id, version)
) strict;

CREATE TABLE history_external_task_log (
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

CREATE TABLE history_incident (
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
    job_definition_id text, annotation text,
    primary key (instance_id, id)
) strict;

CREATE TABLE history_job_log (
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

CREATE TABLE history_process_instance (
    id                 text    not null primary key,
    definition_id      text    not null,
    definition_key     text    not null,
    definition_name    text,
    definition_version integer not null,
    business_key       text,
    tenant_id          text,
    start_activity_id  text,
    end_activity_id    text,
    start_user_id      text,
    started_at         integer not null,
    ended_at           integer not null,
    state              text    not null,
    delete_reason      text
, super_instance_id text, root_instance_id text) strict, without rowid;

CREATE TABLE history_task (
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

CREATE TABLE history_variables (
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

CREATE TABLE incident (
    id            text    not null primary key,
    instance_id   text    not null,
    activity_id   text    not null,
    incident_type text    not null,
    node_id       text    not null,
    configuration text,
    message       text,
    created_at    integer not null
, annotation text) strict;

CREATE INDEX incident_instance on incident (instance_id);

CREATE TABLE job (
    id                text    not null primary key,
    -- Absent for jobs of a definition, such as timers that start instances.
    instance_id       text,
    execution_id      text,
    definition_id     text    not null,
    definition_key    text    not null,
    tenant_id         text,
    deployment_id     text,
    job_definition_id text,
    node_id           text    not null,
    job_type          text    not null,
    configuration     text    not null,
    due               integer,
    priority          integer not null,
    retries           integer not null,
    suspended         integer not null,
    exception_message text,
    exception_details text,
    failed_node_id    text,
    created_at        integer not null,
    detail            text
) strict;

CREATE INDEX job_due on job (coalesce(due, created_at), id) where retries > 0 and not suspended;

CREATE INDEX job_instance on job (instance_id) where instance_id is not null;

CREATE TABLE job_definition_override (
    job_definition_id text    not null primary key,
    definition_id     text    not null,
    -- Whether its jobs are suspended; null: as the process definition is.
    suspended         integer,
    -- Priority of its jobs; null: what the model says.
    priority          integer
) strict;

CREATE INDEX job_definition_override_definition on job_definition_override (definition_id);

CREATE TABLE process_definition (
    id                    text    not null primary key,
    key                   text    not null,
    category              text,
    description           text,
    name                  text,
    version               integer not null,
    resource_name         text    not null,
    deployment_id         text    not null,
    deployed_at           integer not null,
    diagram               text,
    suspended             integer not null,
    tenant_id             text,
    version_tag           text,
    history_time_to_live  integer,
    startable_in_tasklist integer not null
) strict;

CREATE INDEX process_definition_deployment on process_definition (deployment_id);

CREATE UNIQUE INDEX process_definition_version
    on process_definition (key, coalesce(tenant_id, ''), (tenant_id is null), version);

CREATE TABLE process_instance (
    id                text    not null primary key,
    definition_id     text    not null,
    business_key      text,
    tenant_id         text,
    suspended         integer not null,
    variables         text    not null,
    start_activity_id text,
    start_user_id     text,
    started_at        integer not null,
    version           integer not null
, super_instance_id text, super_execution_id text, root_instance_id text) strict;

CREATE INDEX process_instance_business_key on process_instance (business_key) where business_key is not null;

CREATE INDEX process_instance_definition on process_instance (definition_id);

CREATE INDEX process_instance_super on process_instance (super_instance_id) where super_instance_id is not null;

CREATE TABLE user_task (
    id               text    not null primary key,
    instance_id      text    not null,
    name             text,
    description      text,
    assignee         text,
    owner            text,
    delegation_state text,
    priority         integer not null,
    due              integer,
    follow_up        integer,
    -- JSON arrays of names.
    candidate_users  text    not null,
    candidate_groups text    not null,
    form_key         text,
    form_ref         text
) strict;

CREATE INDEX user_task_assignee on user_task (assignee) where assignee is not null;

CREATE INDEX user_task_instance on user_task (instance_id);
