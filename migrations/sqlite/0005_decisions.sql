-- Deployed decisions.
create table decision_definition (
    id                   text    not null primary key,
    key                  text    not null,
    category             text,
    name                 text,
    version              integer not null,
    resource_name        text    not null,
    deployment_id        text    not null,
    deployed_at          integer not null,
    tenant_id            text,
    version_tag          text,
    history_time_to_live integer
) strict;

-- Two deployments can never give the same version of a key to two decisions.
create unique index decision_definition_version
    on decision_definition (key, coalesce(tenant_id, ''), (tenant_id is null), version);
create index decision_definition_deployment on decision_definition (deployment_id);
