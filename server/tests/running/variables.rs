//! Variables, files and bytes.

use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::order::{Order, keys};
use crate::support::{Answer, answer};

#[tokio::test]
async fn variables_are_read_and_written_where_they_are_meant() {
    let order = Order::start().await;
    let (api, root) = (&order.api, format!("/process-instance/{}/variables", order.id));
    let amount = json!({"type": "Integer", "value": 5, "valueInfo": {}});
    let city = json!({"type": "String", "value": "Bonn", "valueInfo": {}});
    assert_eq!(
        api.get(&root).await.expect(200),
        json!({"amount": amount, "city": city})
    );
    api.put(&format!("{root}/amount"), json!({"value": "x", "type": "Integer"}))
        .await
        .expect_error(
            400,
            "InvalidRequestException",
            "Cannot put process instance variable amount: \
         Cannot convert value 'x' of type 'Integer' to java type java.lang.Integer",
        );
    api.put(&format!("{root}/amount"), json!({"value": 7}))
        .await
        .expect(204);
    let changes = json!({"workerId": "w", "modifications": {"list": {"value": [1]}}, "deletions": ["city", "unknown"]});
    api.post(&root, changes).await.expect(204);
    assert_eq!(api.get(&format!("{root}/amount")).await.expect(200)["value"], 7);
    assert_eq!(api.get(&format!("{root}/list")).await.expect(200)["value"], json!([1]));
    let text = api
        .get(&format!("{root}/list?deserializeValue=false"))
        .await
        .expect(200);
    assert_eq!(text["value"], "[1]");
    api.get(&format!("{root}/city")).await.expect_error(
        404,
        "InvalidRequestException",
        "process instance variable with name city does not exist",
    );

    // Any execution id is accepted; what is local there stays there.
    let pack = order.execution_of("pack").await;
    let local = format!("/execution/{pack}/localVariables");
    let seen = api
        .get(&format!("/process-instance/{pack}/variables"))
        .await
        .expect(200);
    assert_eq!(keys(&seen), ["amount", "box", "list"]);
    assert_eq!(keys(&api.get(&local).await.expect(200)), ["box"]);
    api.put(&format!("{local}/amount"), json!({"value": 1}))
        .await
        .expect(204);
    assert_eq!(api.get(&format!("{local}/amount")).await.expect(200)["value"], 1);
    assert_eq!(api.get(&format!("{root}/amount")).await.expect(200)["value"], 7);
    api.delete(&format!("{local}/amount")).await.expect(204);
    api.delete(&format!("{local}/amount")).await.expect(204);

    let task = order.only_id("/task").await;
    api.put(&format!("/task/{task}/variables/amount"), json!({"value": 8}))
        .await
        .expect(204);
    api.put(&format!("/task/{task}/localVariables/note"), json!({"value": "n"}))
        .await
        .expect(204);
    assert_eq!(api.get(&format!("{root}/amount")).await.expect(200)["value"], 8);
    assert_eq!(
        keys(&api.get(&format!("/task/{task}/localVariables")).await.expect(200)),
        ["note"]
    );
    let not_a_task = api.get(&format!("/task/{pack}/variables")).await;
    not_a_task.expect_error(
        500,
        "NullValueException",
        &format!("task {pack} doesn't exist: task is null"),
    );
}

#[tokio::test]
async fn files_and_bytes_are_uploaded_and_downloaded() {
    let order = Order::start().await;
    let root = format!("/process-instance/{}/variables", order.id);
    let upload = async |name: &str, form: Form| -> Answer {
        let request = order.api.client.post(format!("{}{root}/{name}/data", order.api.base));
        answer(request.multipart(form).send().await.unwrap()).await
    };
    let part = || Part::bytes(b"h\xc3\xa4".to_vec()).file_name("a.txt");
    let file = part().mime_str("text/plain; charset=utf-8").unwrap();
    upload("file", Form::new().text("valueType", "File").part("data", file))
        .await
        .expect(204);
    upload("raw", Form::new().part("data", part())).await.expect(204);

    let file = order.api.get(&format!("{root}/file")).await.expect(200);
    let info = json!({"filename": "a.txt", "mimeType": "text/plain", "encoding": "utf-8"});
    assert_eq!(file, json!({"type": "File", "value": null, "valueInfo": info}));
    // Workers ask for files through the local variables of the instance.
    let download = order
        .api
        .get(&format!("/execution/{}/localVariables/file/data", order.id))
        .await;
    assert_eq!((download.status, download.text.as_str()), (200, "hä"));
    assert_eq!(download.header("content-type"), Some("text/plain; charset=utf-8"));
    let disposition = "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt";
    assert_eq!(download.header("content-disposition"), Some(disposition));
    let raw = order.api.get(&format!("{root}/raw/data")).await;
    assert_eq!((raw.status, raw.text.as_str()), (200, "hä"));
    assert_eq!(raw.header("content-type"), Some("application/octet-stream"));
    let variable = order.only_id("/variable-instance?variableName=file").await;
    assert_eq!(
        order.api.get(&format!("/variable-instance/{variable}/data")).await.text,
        "hä"
    );

    let message = format!("Value of variable with id {} is not a binary value.", order.id);
    let number = order.api.get(&format!("{root}/amount/data")).await;
    number.expect_error(400, "InvalidRequestException", &message);
    for (form, status, expected) in [
        (
            Form::new().text("valueType", "Bytes"),
            400,
            "the form has no part named 'data'",
        ),
        (
            Form::new().text("valueType", "Json").part("data", part()),
            400,
            "Unsupported value type 'Json'",
        ),
        (
            Form::new().text("valueType", "File").text("data", "x"),
            500,
            "Cannot create file without filename!",
        ),
    ] {
        let refused = upload("v", form).await;
        assert_eq!(refused.status, status, "{}", refused.text);
        assert!(refused.text.contains(expected), "{}", refused.text);
    }
}
