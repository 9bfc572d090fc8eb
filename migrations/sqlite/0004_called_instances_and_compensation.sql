-- Which instance called an instance, and what the core keeps of an activity beside its columns.
alter table process_instance add column super_instance_id text;
alter table process_instance add column super_execution_id text;
alter table process_instance add column root_instance_id text;
alter table activity add column detail text;
-- The completed scope that a compensation handler belongs to.
alter table event_subscription add column configuration text;
alter table history_process_instance add column super_instance_id text;
alter table history_process_instance add column root_instance_id text;

create index process_instance_super on process_instance (super_instance_id) where super_instance_id is not null;
