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
