-- The schema after all migrations, for reading and for reviewing changes; nothing runs this file.
-- Monthly partitions of the history tables are not shown.

create table activity (
    id uuid not null,
    instance_id uuid not null,
    parent_id uuid not null,
    node_id text collate "C" not null,
    activity_type text collate "C" not null,
    activity_name text collate "C",
    kind text collate "C" not null,
    started_at timestamp with time zone not null,
    variables jsonb,
    topic text collate "C",
    priority bigint,
    retries integer,
    worker text collate "C",
    lock_expires timestamp with time zone,
    lock_token uuid,
    error_message text collate "C",
    error_details text collate "C",
    task_suspended boolean,
    detail json
) with (fillfactor=50, autovacuum_vacuum_scale_factor=0.05, autovacuum_analyze_scale_factor=0.05);
CREATE INDEX activity_instance ON public.activity USING btree (instance_id);
CREATE UNIQUE INDEX activity_pkey ON public.activity USING btree (id);
CREATE INDEX activity_topic ON public.activity USING btree (topic, priority DESC, id) WHERE (kind = 'externalTask'::text);

create table applied_command (
    key text collate "C" not null,
    instance_id uuid not null,
    at timestamp with time zone not null,
    outcome json not null
);
CREATE INDEX applied_command_at ON public.applied_command USING brin (at);
CREATE UNIQUE INDEX applied_command_pkey ON public.applied_command USING btree (key);

create table decision_definition (
    id text collate "C" not null,
    key text collate "C" not null,
    category text collate "C",
    name text collate "C",
    version integer not null,
    resource_name text collate "C" not null,
    deployment_id uuid not null,
    deployed_at timestamp with time zone not null,
    tenant_id text collate "C",
    version_tag text collate "C",
    history_time_to_live integer,
    requirements_id text collate "C",
    requirements_key text collate "C",
    requirements_name text collate "C",
    requirements_version integer
);
CREATE INDEX decision_definition_deployment ON public.decision_definition USING btree (deployment_id);
CREATE UNIQUE INDEX decision_definition_pkey ON public.decision_definition USING btree (id);
CREATE INDEX decision_definition_requirements ON public.decision_definition USING btree (requirements_key, requirements_version) WHERE (requirements_key IS NOT NULL);
CREATE UNIQUE INDEX decision_definition_version ON public.decision_definition USING btree (key, COALESCE(tenant_id, ''::text), ((tenant_id IS NULL)), version);

create table deployment (
    id uuid not null,
    name text collate "C",
    source text collate "C",
    tenant_id text collate "C",
    deployed_at timestamp with time zone not null
);
CREATE UNIQUE INDEX deployment_pkey ON public.deployment USING btree (id);

create table deployment_resource (
    id uuid not null,
    deployment_id uuid not null,
    name text collate "C" not null,
    bytes bytea not null
);
CREATE INDEX deployment_resource_name ON public.deployment_resource USING btree (deployment_id, name);
CREATE UNIQUE INDEX deployment_resource_pkey ON public.deployment_resource USING btree (id);

create table event_subscription (
    id uuid not null,
    instance_id uuid not null,
    activity_id uuid not null,
    event_type text collate "C" not null,
    event_name text collate "C",
    node_id text collate "C" not null,
    created_at timestamp with time zone not null,
    configuration text collate "C"
);
CREATE INDEX event_subscription_event ON public.event_subscription USING btree (event_name, event_type);
CREATE INDEX event_subscription_instance ON public.event_subscription USING btree (instance_id);
CREATE UNIQUE INDEX event_subscription_pkey ON public.event_subscription USING btree (id);

create table history_activity (
    id uuid not null,
    instance_id uuid not null,
    parent_id uuid not null,
    definition_id text collate "C" not null,
    definition_key text collate "C" not null,
    tenant_id text collate "C",
    node_id text collate "C" not null,
    activity_type text collate "C" not null,
    activity_name text collate "C",
    task_id uuid,
    assignee text collate "C",
    started_at timestamp with time zone not null,
    ended_at timestamp with time zone not null,
    canceled boolean not null,
    complete_scope boolean not null,
    root_instance_id uuid,
    called_instance_id uuid,
    topic text collate "C",
    worker text collate "C",
    priority bigint,
    retries integer
) partition by RANGE (instance_id);
CREATE UNIQUE INDEX history_activity_pkey ON ONLY public.history_activity USING btree (instance_id, id);

create table history_decision (
    id uuid not null,
    instance_id uuid not null,
    process_instance_id uuid,
    root_instance_id uuid,
    at timestamp with time zone not null,
    decision_id text collate "C" not null,
    decision_key text collate "C" not null,
    decision_name text collate "C",
    required boolean not null,
    root_decision_instance_id uuid not null,
    definition_id text collate "C",
    definition_key text collate "C",
    node_id text collate "C",
    activity_instance_id uuid,
    tenant_id text collate "C",
    inputs json not null,
    outputs json not null,
    collected json
) partition by RANGE (instance_id);
CREATE UNIQUE INDEX history_decision_pkey ON ONLY public.history_decision USING btree (instance_id, id);

create table history_event (
    instance_id uuid not null,
    version bigint not null,
    at timestamp with time zone not null,
    events bytea not null
) partition by RANGE (instance_id);
CREATE UNIQUE INDEX history_event_pkey ON ONLY public.history_event USING btree (instance_id, version);

create table history_external_task_log (
    id uuid not null,
    instance_id uuid not null,
    root_instance_id uuid,
    at timestamp with time zone not null,
    state text collate "C" not null,
    external_task_id uuid not null,
    topic text collate "C" not null,
    worker text collate "C",
    priority bigint not null,
    retries bigint,
    error_message text collate "C",
    node_id text collate "C" not null,
    definition_id text collate "C" not null,
    definition_key text collate "C" not null,
    tenant_id text collate "C",
    error_details text collate "C"
) partition by RANGE (instance_id);
CREATE UNIQUE INDEX history_external_task_log_pkey ON ONLY public.history_external_task_log USING btree (instance_id, id);

create table history_incident (
    id uuid not null,
    instance_id uuid not null,
    root_instance_id uuid,
    execution_id uuid not null,
    incident_type text collate "C" not null,
    node_id text collate "C" not null,
    configuration text collate "C",
    message text collate "C",
    created_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    state text collate "C" not null,
    definition_id text collate "C" not null,
    definition_key text collate "C" not null,
    tenant_id text collate "C",
    job_definition_id uuid,
    annotation text collate "C"
) partition by RANGE (instance_id);
CREATE UNIQUE INDEX history_incident_pkey ON ONLY public.history_incident USING btree (instance_id, id);

create table history_job_log (
    id uuid not null,
    instance_id uuid not null,
    root_instance_id uuid,
    at timestamp with time zone not null,
    state text collate "C" not null,
    job_id uuid not null,
    due timestamp with time zone,
    retries bigint not null,
    priority bigint not null,
    exception_message text collate "C",
    failed_node_id text collate "C",
    job_definition_id uuid,
    job_type text collate "C" not null,
    configuration text collate "C" not null,
    node_id text collate "C" not null,
    execution_id uuid not null,
    definition_id text collate "C" not null,
    definition_key text collate "C" not null,
    deployment_id uuid not null,
    tenant_id text collate "C",
    exception_details text collate "C"
) partition by RANGE (instance_id);
CREATE UNIQUE INDEX history_job_log_pkey ON ONLY public.history_job_log USING btree (instance_id, id);

create table history_large_value (
    instance_id uuid not null,
    hash text collate "C" not null,
    content text not null
) partition by RANGE (instance_id);
CREATE UNIQUE INDEX history_large_value_pkey ON ONLY public.history_large_value USING btree (instance_id, hash);

create table history_process_instance (
    id uuid not null,
    definition_id text collate "C" not null,
    definition_key text collate "C" not null,
    definition_name text collate "C",
    definition_version integer not null,
    business_key text collate "C",
    tenant_id text collate "C",
    start_activity_id text collate "C",
    end_activity_id text collate "C",
    start_user_id text collate "C",
    started_at timestamp with time zone not null,
    ended_at timestamp with time zone not null,
    state text collate "C" not null,
    delete_reason text collate "C",
    super_instance_id uuid,
    root_instance_id uuid
) partition by RANGE (id);
CREATE UNIQUE INDEX history_process_instance_pkey ON ONLY public.history_process_instance USING btree (id);

create table history_task (
    id uuid not null,
    instance_id uuid not null,
    root_instance_id uuid,
    definition_id text collate "C" not null,
    definition_key text collate "C" not null,
    definition_name text collate "C",
    tenant_id text collate "C",
    business_key text collate "C",
    node_id text collate "C" not null,
    name text collate "C",
    description text collate "C",
    assignee text collate "C",
    owner text collate "C",
    priority bigint not null,
    due timestamp with time zone,
    follow_up timestamp with time zone,
    started_at timestamp with time zone not null,
    ended_at timestamp with time zone,
    delete_reason text collate "C",
    candidate_users json not null,
    candidate_groups json not null
) partition by RANGE (instance_id);
CREATE UNIQUE INDEX history_task_pkey ON ONLY public.history_task USING btree (instance_id, id);

create table history_variables (
    id uuid not null,
    instance_id uuid not null,
    root_instance_id uuid,
    task_id uuid,
    definition_id text collate "C" not null,
    definition_key text collate "C" not null,
    tenant_id text collate "C",
    started_at timestamp with time zone not null,
    ended_at timestamp with time zone not null,
    variables jsonb not null
) partition by RANGE (instance_id);
CREATE UNIQUE INDEX history_variables_pkey ON ONLY public.history_variables USING btree (instance_id, id);

create table incident (
    id uuid not null,
    instance_id uuid not null,
    activity_id uuid not null,
    incident_type text collate "C" not null,
    node_id text collate "C" not null,
    configuration text collate "C",
    message text collate "C",
    created_at timestamp with time zone not null,
    annotation text collate "C"
);
CREATE INDEX incident_instance ON public.incident USING btree (instance_id);
CREATE UNIQUE INDEX incident_pkey ON public.incident USING btree (id);

create table job (
    id uuid not null,
    instance_id uuid,
    execution_id uuid,
    definition_id text collate "C" not null,
    definition_key text collate "C" not null,
    tenant_id text collate "C",
    deployment_id uuid,
    job_definition_id uuid,
    node_id text collate "C" not null,
    job_type text collate "C" not null,
    configuration text collate "C" not null,
    due timestamp with time zone,
    priority bigint not null,
    retries integer not null,
    suspended boolean not null,
    exception_message text collate "C",
    exception_details text collate "C",
    failed_node_id text collate "C",
    created_at timestamp with time zone not null,
    detail json
) with (fillfactor=85, autovacuum_vacuum_scale_factor=0.05, autovacuum_analyze_scale_factor=0.05);
CREATE INDEX job_due ON public.job USING btree (COALESCE(due, created_at), id) WHERE ((retries > 0) AND (NOT suspended));
CREATE INDEX job_instance ON public.job USING btree (instance_id) WHERE (instance_id IS NOT NULL);
CREATE UNIQUE INDEX job_pkey ON public.job USING btree (id);

create table job_definition_override (
    job_definition_id uuid not null,
    definition_id text collate "C" not null,
    suspended boolean,
    priority bigint
);
CREATE INDEX job_definition_override_definition ON public.job_definition_override USING btree (definition_id);
CREATE UNIQUE INDEX job_definition_override_pkey ON public.job_definition_override USING btree (job_definition_id);

create table large_value (
    instance_id uuid not null,
    hash text collate "C" not null,
    content text not null
);
CREATE UNIQUE INDEX large_value_pkey ON public.large_value USING btree (instance_id, hash);

create table process_definition (
    id text collate "C" not null,
    key text collate "C" not null,
    category text collate "C",
    description text collate "C",
    name text collate "C",
    version integer not null,
    resource_name text collate "C" not null,
    deployment_id uuid not null,
    deployed_at timestamp with time zone not null,
    diagram text collate "C",
    suspended boolean not null,
    tenant_id text collate "C",
    version_tag text collate "C",
    history_time_to_live integer,
    startable_in_tasklist boolean not null
);
CREATE INDEX process_definition_deployment ON public.process_definition USING btree (deployment_id);
CREATE UNIQUE INDEX process_definition_pkey ON public.process_definition USING btree (id);
CREATE UNIQUE INDEX process_definition_version ON public.process_definition USING btree (key, COALESCE(tenant_id, ''::text), ((tenant_id IS NULL)), version);

create table process_instance (
    id uuid not null,
    definition_id text collate "C" not null,
    business_key text collate "C",
    tenant_id text collate "C",
    suspended boolean not null,
    variables jsonb not null,
    start_activity_id text collate "C",
    start_user_id text collate "C",
    started_at timestamp with time zone not null,
    version bigint not null,
    super_instance_id uuid,
    super_execution_id uuid,
    root_instance_id uuid
) with (fillfactor=50, autovacuum_vacuum_scale_factor=0.05, autovacuum_analyze_scale_factor=0.05);
CREATE INDEX process_instance_business_key ON public.process_instance USING btree (business_key) WHERE (business_key IS NOT NULL);
CREATE INDEX process_instance_definition ON public.process_instance USING btree (definition_id);
CREATE UNIQUE INDEX process_instance_pkey ON public.process_instance USING btree (id);
CREATE INDEX process_instance_super ON public.process_instance USING btree (super_instance_id) WHERE (super_instance_id IS NOT NULL);
CREATE INDEX process_instance_variables ON public.process_instance USING gin (variables jsonb_path_ops) WHERE (variables <> '{}'::jsonb);

create table user_task (
    id uuid not null,
    instance_id uuid not null,
    name text collate "C",
    description text collate "C",
    assignee text collate "C",
    owner text collate "C",
    delegation_state text collate "C",
    priority integer not null,
    due timestamp with time zone,
    follow_up timestamp with time zone,
    candidate_users text[] collate "C" not null,
    candidate_groups text[] collate "C" not null,
    form_key text collate "C",
    form_ref json
) with (fillfactor=85, autovacuum_vacuum_scale_factor=0.05, autovacuum_analyze_scale_factor=0.05);
CREATE INDEX user_task_assignee ON public.user_task USING btree (assignee) WHERE (assignee IS NOT NULL);
CREATE INDEX user_task_instance ON public.user_task USING btree (instance_id);
CREATE UNIQUE INDEX user_task_pkey ON public.user_task USING btree (id);
