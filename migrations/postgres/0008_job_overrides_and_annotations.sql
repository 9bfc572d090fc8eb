-- What operators decided for all jobs of a job definition. Job definitions follow from the model; only these rows
-- are stored, and only of those that differ from it.
create table job_definition_override (
    job_definition_id uuid    not null,
    definition_id     text    collate "C" not null references process_definition (id) on delete cascade,
    -- Whether its jobs are suspended; null: as the process definition is.
    suspended         boolean,
    -- Priority of its jobs; null: what the model says.
    priority          bigint,
    primary key (job_definition_id)
);

create index job_definition_override_definition on job_definition_override (definition_id);

-- What operators write to incidents.
alter table incident add column annotation text collate "C";
alter table history_incident add column annotation text collate "C";
