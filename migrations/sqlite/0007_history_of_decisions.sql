-- Decisions that were evaluated, by business rule tasks of instances or by request.
create table history_decision (
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
