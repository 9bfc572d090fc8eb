-- The graph that a decision belongs to: its file, when that holds several decisions. All decisions of a file tell the
-- same, so that a graph comes and goes with them.
alter table decision_definition add column requirements_id text collate "C";
alter table decision_definition add column requirements_key text collate "C";
alter table decision_definition add column requirements_name text collate "C";
alter table decision_definition add column requirements_version integer;

create index decision_definition_requirements on decision_definition (requirements_key, requirements_version)
    where requirements_key is not null;
