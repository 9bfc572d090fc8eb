-- Ready tasks are read in the order in which workers get them: highest priority first, then oldest.
drop index activity_topic;
create index activity_topic on activity (topic, priority desc, id) where topic is not null;
