-- Deployed decisions.
create table decision_definition (
    id                   text    collate "C" not null,
    key                  text    collate "C" not null,
    category             text    collate "C",
    name                 text    collate "C",
    version              integer not null,
    resource_name        text    collate "C" not null,
    deployment_id        uuid    not null references deployment (id) on delete cascade,
    deployed_at          timestamptz not null,
    tenant_id            text    collate "C",
    version_tag          text    collate "C",
    history_time_to_live integer,
    primary key (id)
);

-- Two deployments can never give the same version of a key to two decisions.
create unique index decision_definition_version
    on decision_definition (key, coalesce(tenant_id, ''), (tenant_id is null), version);
create index decision_definition_deployment on decision_definition (deployment_id);
