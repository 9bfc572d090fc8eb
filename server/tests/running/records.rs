//! What records hold, and which of them a query selects.

use serde_json::{Value, json};

use crate::order::{NOWHERE, Order, keys};

#[tokio::test]
async fn records_have_exactly_the_known_fields() {
    let order = Order::start().await;
    order.fail_packing().await;
    for (path, expected) in [
        (
            "/process-instance",
            "businessKey caseInstanceId definitionId definitionKey ended id links suspended tenantId",
        ),
        ("/execution", "ended id processInstanceId tenantId"),
        (
            "/task",
            "assignee camundaFormRef caseDefinitionId caseExecutionId caseInstanceId created delegationState description \
             due executionId followUp formKey id lastUpdated name owner parentTaskId priority processDefinitionId \
             processInstanceId suspended taskDefinitionKey taskState tenantId",
        ),
        (
            "/event-subscription",
            "activityId createdDate eventName eventType executionId id processInstanceId tenantId",
        ),
        (
            "/incident",
            "activityId annotation causeIncidentId configuration executionId failedActivityId id incidentMessage \
             incidentTimestamp incidentType jobDefinitionId processDefinitionId processInstanceId rootCauseIncidentId \
             tenantId",
        ),
        (
            "/variable-instance",
            "activityInstanceId batchId caseExecutionId caseInstanceId errorMessage executionId id name \
             processDefinitionId processInstanceId taskId tenantId type value valueInfo",
        ),
        (
            "/history/process-instance",
            "businessKey caseInstanceId deleteReason durationInMillis endTime id processDefinitionId processDefinitionKey \
             processDefinitionName processDefinitionVersion removalTime restartedProcessInstanceId \
             rootProcessInstanceId startActivityId startTime startUserId state superCaseInstanceId \
             superProcessInstanceId tenantId",
        ),
        (
            "/history/activity-instance",
            "activityId activityName activityType assignee calledCaseInstanceId calledProcessInstanceId canceled \
             completeScope durationInMillis endTime executionId id parentActivityInstanceId processDefinitionId \
             processDefinitionKey processInstanceId removalTime rootProcessInstanceId startTime taskId tenantId",
        ),
    ] {
        let list = order.list(path).await;
        assert!(!list.is_empty(), "{path} is empty");
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        expected.sort_unstable();
        assert_eq!(keys(&list[0]), expected, "{path}");
        assert_eq!(order.count(&format!("{path}/count")).await, list.len() as u64, "{path}");
    }
}

#[tokio::test]
async fn filters_select_and_bodies_mean_the_same_as_parameters() {
    let order = Order::start().await;
    order.fail_packing().await;
    let id = order.id.as_str();
    for (entity, name, value, expected) in [
        ("process-instance", "processInstanceIds", id, 1),
        ("process-instance", "processInstanceIds", NOWHERE, 0),
        ("process-instance", "processInstanceIds", "no-uuid", 0),
        ("process-instance", "businessKey", "bk", 1),
        ("process-instance", "businessKeyLike", "b%", 1),
        ("process-instance", "businessKeyLike", "x%", 0),
        ("process-instance", "processDefinitionKey", "order", 1),
        ("process-instance", "processDefinitionKeyNotIn", "order", 0),
        ("process-instance", "active", "true", 1),
        ("process-instance", "suspended", "true", 0),
        ("process-instance", "suspended", "false", 1),
        ("process-instance", "withIncident", "true", 1),
        ("process-instance", "incidentType", "failedExternalTask", 1),
        ("process-instance", "incidentMessageLike", "%box%", 1),
        ("process-instance", "withoutTenantId", "true", 1),
        ("process-instance", "tenantIdIn", "a,b", 0),
        ("process-instance", "activityIdIn", "pack,x", 1),
        ("process-instance", "activityIdIn", "start", 0),
        ("execution", "processInstanceId", id, 6),
        ("execution", "activityId", "pack", 1),
        ("task", "processInstanceId", id, 1),
        ("task", "assignee", "anna", 1),
        ("task", "assignee", "bert", 0),
        ("task", "unassigned", "true", 0),
        ("task", "taskDefinitionKey", "review", 1),
        ("task", "nameLike", "Rev%", 1),
        ("task", "processDefinitionKey", "order", 1),
        ("task", "priority", "50", 1),
        ("task", "minPriority", "51", 0),
        ("task", "createdAfter", "2026-02-01T00:00:00.000+0000", 0),
        ("task", "createdBefore", "2026-02-01T00:00:00.000+0000", 1),
        ("variable-instance", "processInstanceIdIn", id, 3),
        ("variable-instance", "variableName", "amount", 1),
        ("variable-instance", "variableNameLike", "%o%", 2),
        ("history/process-instance", "unfinished", "true", 1),
        ("history/process-instance", "finished", "true", 0),
        ("history/process-instance", "active", "true", 1),
        ("history/process-instance", "processInstanceBusinessKey", "bk", 1),
        (
            "history/process-instance",
            "startedBefore",
            "2026-01-31T09:30:00.000+0000",
            1,
        ),
        ("history/activity-instance", "activityType", "userTask", 1),
        ("history/activity-instance", "activityId", "start", 1),
    ] {
        let encoded = value.replace('%', "%25").replace('+', "%2B");
        let listed = order.list(&format!("/{entity}?{name}={encoded}")).await;
        assert_eq!(listed.len(), expected, "{entity} {name}={value}: {listed:?}");
        let body = match value {
            _ if name.ends_with("In") || name == "processInstanceIds" => {
                json!({name: value.split(',').collect::<Vec<_>>()})
            }
            "true" | "false" => json!({name: value == "true"}),
            _ => json!({name: value}),
        };
        let path = format!("/{entity}");
        let queried = order.api.post(&path, body.clone()).await.expect(200);
        assert_eq!(queried, Value::Array(listed), "{entity} {body}");
        let counted = order.api.post(&format!("{path}/count"), body.clone()).await.expect(200);
        assert_eq!(counted, json!({"count": expected}), "{entity} {body}");
    }
    let variables = "/process-instance?variables=";
    assert_eq!(order.list(&format!("{variables}city_eq_Bonn")).await.len(), 1);
    assert_eq!(order.list(&format!("{variables}city_like_B%25")).await.len(), 1);
    assert_eq!(order.list(&format!("{variables}city_eq_Ulm")).await.len(), 0);
    let body =
        json!({"variables": [{"name": "AMOUNT", "operator": "gteq", "value": 5}], "variableNamesIgnoreCase": true});
    let found = order.api.post("/process-instance", body).await.expect(200);
    assert_eq!(found.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn pages_and_orders_apply() {
    let order = Order::start().await;
    let second = order.api.start_instance("order", json!({"businessKey": "a"})).await;
    let sorted = order.list("/process-instance?sortBy=businessKey&sortOrder=asc").await;
    assert_eq!([&sorted[0]["id"], &sorted[1]["id"]], [&second, &order.id]);
    let sorting = json!({"sorting": [{"sortBy": "businessKey", "sortOrder": "desc"}]});
    let page = order
        .api
        .post("/process-instance?firstResult=1&maxResults=1", sorting)
        .await
        .expect(200);
    assert_eq!((page.as_array().unwrap().len(), &page[0]["id"]), (1, &json!(second)));
    assert_eq!(order.list("/process-instance?maxResults=0").await, Vec::<Value>::new());
    let unknown = order.api.get("/process-instance?sortBy=x&sortOrder=asc").await;
    unknown.expect_error(
        400,
        "InvalidRequestException",
        "Cannot set query parameter 'sortBy' to value 'x'",
    );
    let refused = order.api.get("/process-instance?rootProcessInstances=true").await;
    assert_eq!(refused.status, 501, "{}", refused.text);
}

#[tokio::test]
async fn the_tree_shows_where_the_instance_rests() {
    let order = Order::start().await;
    order.fail_packing().await;
    let path = format!("/process-instance/{}/activity-instances", order.id);
    let tree = order.api.get(&path).await.expect(200);
    let expected_keys = [
        "activityId",
        "activityName",
        "activityType",
        "childActivityInstances",
        "childTransitionInstances",
        "executionIds",
        "id",
        "incidentIds",
        "incidents",
        "name",
        "parentActivityInstanceId",
        "processDefinitionId",
        "processInstanceId",
    ];
    assert_eq!(keys(&tree), expected_keys);
    assert_eq!(tree["id"], json!(order.id));
    assert_eq!(tree["activityType"], "processDefinition");
    assert_eq!(tree["activityId"], tree["processDefinitionId"]);
    let children = tree["childActivityInstances"].as_array().unwrap();
    let mut activities: Vec<_> = children
        .iter()
        .map(|child| {
            (
                child["activityId"].as_str().unwrap(),
                child["activityType"].as_str().unwrap(),
            )
        })
        .collect();
    activities.sort_unstable();
    let expected = [
        ("nudge", "receiveTask"),
        ("payment", "receiveTask"),
        ("review", "userTask"),
        ("shipping", "subProcess"),
    ];
    assert_eq!(activities, expected);
    let shipping = children.iter().find(|child| child["activityId"] == "shipping").unwrap();
    let pack = &shipping["childActivityInstances"][0];
    assert_eq!((&pack["activityId"], &pack["name"]), (&json!("pack"), &json!("Pack")));
    assert_eq!(pack["parentActivityInstanceId"], shipping["id"]);
    assert_eq!(
        pack["incidents"],
        json!([{"id": pack["incidentIds"][0], "activityId": "pack"}])
    );
    let incident = order.only("/incident").await;
    assert_eq!(incident["id"], pack["incidentIds"][0]);
    assert_eq!(incident["incidentMessage"], "no box");
    assert_eq!(incident["executionId"], pack["executionIds"][0]);
}
