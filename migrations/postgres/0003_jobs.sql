-- Jobs: what the engine itself does later, such as timers and asynchronous continuations.
create table job (
    id                uuid        not null,
    -- Absent for jobs of a definition, such as timers that start instances.
    instance_id       uuid,
    execution_id      uuid,
    definition_id     text        collate "C" not null,
    definition_key    text        collate "C" not null,
    tenant_id         text        collate "C",
    deployment_id     uuid,
    job_definition_id uuid,
    node_id           text        collate "C" not null,
    job_type          text        collate "C" not null,
    configuration     text        collate "C" not null,
    due               timestamptz,
    priority          bigint      not null,
    retries           integer     not null,
    suspended         boolean     not null,
    exception_message text        collate "C",
    exception_details text        collate "C",
    failed_node_id    text        collate "C",
    created_at        timestamptz not null,
    detail            json,
    primary key (id)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create index job_instance on job (instance_id) where instance_id is not null;
-- What is due is read from its front; a job without a due date is due once it exists.
create index job_due on job (coalesce(due, created_at), id) where retries > 0 and not suspended;
