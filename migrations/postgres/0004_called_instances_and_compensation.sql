-- Which instance called an instance, and what the core keeps of an activity beside its columns.
alter table process_instance
    add column super_instance_id  uuid,
    add column super_execution_id uuid,
    add column root_instance_id   uuid;
alter table activity add column detail json;
-- The completed scope that a compensation handler belongs to.
alter table event_subscription add column configuration text collate "C";
alter table history_process_instance
    add column super_instance_id uuid,
    add column root_instance_id  uuid;

create index process_instance_super on process_instance (super_instance_id) where super_instance_id is not null;
