//! What does not exist is answered as the contract says.

use crate::order::NOWHERE;
use crate::support::Api;

#[tokio::test]
async fn what_does_not_exist_is_answered_as_the_contract_lists_it() {
    let api = Api::start().await;
    for (method, path, status, kind, message) in [
        (
            "GET",
            "/process-instance/X",
            404,
            "InvalidRequestException",
            "Process instance with id X does not exist",
        ),
        (
            "DELETE",
            "/process-instance/X",
            404,
            "InvalidRequestException",
            "Process instance with id X does not exist",
        ),
        (
            "GET",
            "/process-instance/X/activity-instances",
            404,
            "InvalidRequestException",
            "Process instance with id X does not exist",
        ),
        (
            "GET",
            "/process-instance/X/variables",
            500,
            "NullValueException",
            "execution X doesn't exist: execution is null",
        ),
        (
            "GET",
            "/process-instance/X/variables/v",
            500,
            "RestException",
            "Cannot get process instance variable v: execution X doesn't exist: execution is null",
        ),
        (
            "DELETE",
            "/execution/X/localVariables/v",
            500,
            "RestException",
            "Cannot delete execution variable v: execution X doesn't exist: execution is null",
        ),
        (
            "GET",
            "/task/X/variables",
            500,
            "NullValueException",
            "task X doesn't exist: task is null",
        ),
        (
            "GET",
            "/execution/X",
            404,
            "InvalidRequestException",
            "Execution with id X does not exist",
        ),
        (
            "POST",
            "/execution/X/signal",
            500,
            "RestException",
            "Cannot signal execution X: execution X doesn't exist: execution is null",
        ),
        (
            "GET",
            "/execution/X/messageSubscriptions/m",
            404,
            "InvalidRequestException",
            "Message event subscription for execution X named m does not exist",
        ),
        (
            "GET",
            "/task/X",
            404,
            "InvalidRequestException",
            "No matching task with id X",
        ),
        (
            "POST",
            "/task/X/complete",
            500,
            "RestException",
            "Cannot complete task X: Cannot find task with id X: task is null",
        ),
        (
            "GET",
            "/incident/X",
            404,
            "InvalidRequestException",
            "No matching incident with id X",
        ),
        (
            "GET",
            "/job/X",
            404,
            "InvalidRequestException",
            "Job with id X does not exist",
        ),
        (
            "GET",
            "/job-definition/X",
            404,
            "InvalidRequestException",
            "Job Definition with id X does not exist",
        ),
        (
            "GET",
            "/variable-instance/X",
            404,
            "InvalidRequestException",
            "Variable instance with Id 'X' does not exist.",
        ),
        (
            "GET",
            "/history/process-instance/X",
            404,
            "InvalidRequestException",
            "Historic process instance with id X does not exist",
        ),
        (
            "GET",
            "/history/activity-instance/X",
            404,
            "InvalidRequestException",
            "Historic activity instance with id 'X' does not exist",
        ),
        (
            "DELETE",
            "/history/process-instance/X",
            404,
            "InvalidRequestException",
            "No historic process instance found with id: X",
        ),
    ] {
        for id in ["no-uuid", NOWHERE] {
            let replace = |text: &str| text.replace('X', id);
            let answer = api.send(method, &replace(path), None).await;
            answer.expect_error(status, kind, &replace(message));
        }
    }
    let ignored = api
        .delete(&format!("/process-instance/{NOWHERE}?failIfNotExists=false"))
        .await;
    ignored.expect(204);
}
