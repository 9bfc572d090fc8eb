-- Decisions that were evaluated, by business rule tasks of instances or by request.
create table history_decision (
    id                        uuid        not null,
    -- The instance, or the evaluation that was asked for when no instance wanted it.
    instance_id               uuid        not null,
    process_instance_id       uuid,
    root_instance_id          uuid,
    at                        timestamptz not null,
    decision_id               text        collate "C" not null,
    decision_key              text        collate "C" not null,
    decision_name             text        collate "C",
    required                  boolean     not null,
    root_decision_instance_id uuid        not null,
    definition_id             text        collate "C",
    definition_key            text        collate "C",
    node_id                   text        collate "C",
    activity_instance_id      uuid,
    tenant_id                 text        collate "C",
    inputs                    json        not null,
    outputs                   json        not null,
    collected                 json,
    primary key (instance_id, id)
) partition by range (instance_id);

create table history_decision_rest partition of history_decision default;
