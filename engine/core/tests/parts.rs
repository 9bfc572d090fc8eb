//! A state put together from its stored parts is the state that was stored.

mod world;

use flowstone_core::{Header, Parts};
use world::{WORKER, flows, run, service};

#[test]
fn an_instance_is_the_sum_of_its_parts() {
    let content = r#"<startEvent id="s"/><parallelGateway id="join"/><userTask id="u"/>
        <subProcess id="sub"><startEvent id="s2"/>"#
        .to_owned()
        + &service("w")
        + &flows(&["s2>w"])
        + "</subProcess>"
        + &flows(&["s>sub", "s>join", "sub>join", "join>u"]);
    let mut world = run(&content, &[("n", 1.into())]);
    world.lock_for("w", WORKER, false).unwrap();
    world.fail("w", 0, "no").unwrap();

    let stored = &world.instance;
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
    for scope in stored.scopes() {
        match (scope.parent, &scope.node) {
            (Some(parent), Some(node)) => {
                parts.scope(
                    scope.id,
                    parent,
                    node.clone(),
                    scope.phase,
                    scope.started_at,
                    scope.variables.clone(),
                );
            }
            _ => parts.variables(scope.variables.clone()),
        }
    }
    stored.tokens().for_each(|token| parts.token(token.clone()));
    stored.incidents().for_each(|incident| parts.incident(incident.clone()));
    let mut restored = parts.finish();
    assert_eq!(&restored, stored);

    std::mem::swap(&mut world.instance, &mut restored);
    world.complete("w", &[]).unwrap();
    assert_eq!(world.waiting(), ["u"], "the join of the restored state knows who waits");
}
