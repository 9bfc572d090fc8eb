-- Jobs: what the engine itself does later, such as timers and asynchronous continuations.
create table job (
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

create index job_instance on job (instance_id) where instance_id is not null;
-- What is due is read from its front; a job without a due date is due once it exists.
create index job_due on job (coalesce(due, created_at), id) where retries > 0 and not suspended;
