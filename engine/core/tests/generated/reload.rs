//! Saving an instance and loading it again, as a store does.

use flowstone_core::{Header, Instance, Parts, Scope};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// The instance put together from its stored parts.
pub fn reloaded(stored: &Instance) -> Instance {
    let mut parts = Parts::new(Header {
        id: stored.id,
        definition_id: stored.definition_id.clone(),
        business_key: stored.business_key.clone(),
        tenant_id: stored.tenant_id.clone(),
        start_node: stored.start_node.clone(),
        start_user: stored.start_user.clone(),
        started_at: stored.started_at,
        caller: stored.caller,
        suspended: stored.suspended,
    });
    add_scopes(stored, stored.id, &mut parts);
    stored.tokens().for_each(|token| parts.token(read_back(token)));
    stored
        .subscriptions()
        .for_each(|one| parts.subscription(read_back(one)));
    stored.jobs().for_each(|job| parts.job(read_back(job)));
    stored.incidents().for_each(|one| parts.incident(read_back(one)));
    parts.finish()
}

/// Scopes come before what is inside them.
fn add_scopes(stored: &Instance, id: Uuid, parts: &mut Parts) {
    let Some(scope) = stored.scope(id) else {
        return;
    };
    let Scope { parent, node, .. } = scope;
    match (parent, node) {
        (Some(parent), Some(node)) => parts.scope(
            id,
            *parent,
            node.clone(),
            scope.phase,
            scope.started_at,
            scope.variables.clone(),
        ),
        _ => parts.variables(scope.variables.clone()),
    }
    let inside = scope.children.iter().chain(&scope.kept);
    inside.for_each(|child| add_scopes(stored, *child, parts));
}

pub fn read_back<T: Serialize + DeserializeOwned>(part: &T) -> T {
    let text = serde_json::to_string(part).expect("parts are plain data");
    serde_json::from_str(&text).expect("what was written reads back")
}
