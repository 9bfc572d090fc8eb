//! The rules of HTTP that clients break on (contract 3.0).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod support;

use std::collections::BTreeSet;

use flowstone_server::api::{openapi, operations};
use serde_json::{Value, json};
use support::{Api, answer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn json_has_exactly_its_content_type() {
    let api = Api::start().await;
    for path in [
        "/engine",
        "/version",
        "/external-task",
        "/unknown",
        "/deployment?sortBy=x",
    ] {
        let answer = api.get(path).await;
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{path}");
        answer.json();
    }
}

#[tokio::test]
async fn the_handshake_of_modeler_succeeds() {
    let api = Api::start().await;
    assert_eq!(api.get("/deployment?maxResults=0").await.expect(200), json!([]));
    assert_eq!(api.get("/version").await.expect(200), json!({"version": "7.24.0"}));
    assert_eq!(api.get("/engine").await.expect(200), json!([{"name": "default"}]));
    let url = format!("{}/.well-known/camunda-automation-platform/webapps", api.server.url());
    let applications = answer(api.client.get(url).send().await.unwrap()).await.expect(200);
    for name in ["adminUrl", "cockpitUrl", "tasklistUrl"] {
        assert!(
            applications[name].as_str().unwrap().starts_with(api.server.url()),
            "{applications}"
        );
    }
}

#[tokio::test]
async fn every_operation_is_served_or_says_that_it_is_not_implemented() {
    let api = Api::start().await;
    let document = json!(openapi::document());
    let routed: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let below = path.strip_prefix("/engine-rest").unwrap_or("").to_owned();
            item.as_object()
                .unwrap()
                .keys()
                .map(move |method| (method.to_uppercase(), below.clone()))
        })
        .map(|(method, path)| (method, without_names(&path)))
        .collect();
    for operation in operations::all() {
        let is_routed = routed.contains(&(operation.method.to_owned(), without_names(operation.path)));
        assert!(is_routed || operation.tier > 1, "{operation:?} is missing");
        if is_routed || operation.method == "OPTIONS" {
            continue;
        }
        let answer = api.send(operation.method, &concrete(operation.path), None).await;
        assert_eq!(answer.status, 501, "{operation:?}");
        let body = answer.json();
        assert_eq!(body["type"], "NotImplementedException");
        let message = body["message"].as_str().unwrap();
        assert!(
            message.contains(operation.path) && message.contains(operation.method),
            "{message}"
        );
    }
}

#[tokio::test]
async fn what_is_documented_is_served() {
    let api = Api::start().await;
    let document = json!(openapi::document());
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            let url = format!("{}{}", api.server.url(), concrete(path));
            let request = api.client.request(method.parse().unwrap(), url);
            let answer = answer(request.send().await.unwrap()).await;
            assert!(![405, 501].contains(&answer.status), "{method} {path}: {answer:?}");
            assert!(
                answer.status != 404 || answer.json()["type"] != "NotFoundException",
                "{method} {path}"
            );
        }
    }
}

#[test]
fn every_operation_is_described() {
    let document = json!(openapi::document());
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{name} is used twice");
            assert!(
                operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
                "{method} {path}"
            );
            assert!(operation["tags"][0].is_string(), "{method} {path}");
            let known = path
                .strip_prefix("/engine-rest")
                .and_then(|below| operations::find(&method.to_uppercase(), below));
            if let Some(known) = known.filter(|known| known.name != "-") {
                assert_eq!(known.name, name, "{method} {path}");
            }
            let parameters: BTreeSet<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            let declared: BTreeSet<&str> = path
                .split('/')
                .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(parameters, declared, "{method} {path}");
        }
    }
}

fn without_names(path: &str) -> String {
    let segments = path.split('/');
    segments
        .map(|segment| if segment.starts_with('{') { "{}" } else { segment })
        .collect::<Vec<_>>()
        .join("/")
}

fn concrete(path: &str) -> String {
    let segments = path.split('/');
    segments
        .map(|segment| if segment.starts_with('{') { "x" } else { segment })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn the_description_can_be_read_and_browsed() {
    let api = Api::start().await;
    for url in [
        format!("{}/openapi.json", api.server.url()),
        format!("{}/openapi.json", api.base),
        format!("{}/engine/default/openapi.json", api.base),
    ] {
        let document = answer(api.client.get(url).send().await.unwrap()).await.expect(200);
        assert!(document["paths"]["/engine-rest/external-task/fetchAndLock"]["post"].is_object());
    }
    let page = answer(
        api.client
            .get(format!("{}/docs", api.server.url()))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(
        !page.text.contains("https://"),
        "the page must need nothing from elsewhere"
    );
}

#[tokio::test]
async fn both_names_of_the_api_serve_the_same() {
    let api = Api::start().await;
    assert_eq!(
        api.get("/engine/default/version").await.expect(200),
        api.get("/version").await.expect(200)
    );
    assert_eq!(
        api.get("/engine/default/engine").await.expect(200),
        json!([{"name": "default"}])
    );
    api.get("/engine/other/version")
        .await
        .expect_error(400, "InvalidRequestException", "No process engine available");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_apart() {
    let api = Api::start().await;
    for (method, path, status, kind) in [
        ("GET", "/unknown", 404, "NotFoundException"),
        ("GET", "/external-task/x/unknown", 404, "NotFoundException"),
        ("PUT", "/version", 405, "NotAllowedException"),
        ("DELETE", "/external-task/x/complete", 405, "NotAllowedException"),
        ("PATCH", "/batch", 405, "NotAllowedException"),
        ("GET", "/batch", 501, "NotImplementedException"),
    ] {
        let answer = api.send(method, path, None).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        assert_eq!(answer.json()["type"], kind);
        assert_eq!(answer.json()["code"], Value::Null);
    }
}

#[tokio::test]
async fn bodies_are_read_leniently() {
    let api = Api::start().await;
    let url = format!("{}/external-task/fetchAndLock", api.base);
    for (content_type, body, status) in [
        (Some("application/json"), "", 500),
        (Some("application/json; charset=UTF-8"), "null", 500),
        (Some("APPLICATION/JSON"), r#"{"workerId":7}"#, 200),
        (
            None,
            r#"{"workerId":"w","maxTasks":"1","topics":null,"sorting":null,"unknown":[1]}"#,
            200,
        ),
        (Some("application/json"), r#"{"workerId":"w"}"#, 200),
        (Some("application/json"), "{", 400),
        (Some("application/json"), "[]", 400),
        (Some("application/json"), r#"{"maxTasks":"many"}"#, 400),
        (Some("application/x-www-form-urlencoded"), "a=b", 415),
    ] {
        let mut request = api.client.post(&url).body(body);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = answer(request.send().await.unwrap()).await;
        assert_eq!(answer.status, status, "{content_type:?} {body}: {}", answer.text);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        answer.json();
    }
    // JS and Go send nothing at all, Java sends null.
    let message = "External task with id x does not exist";
    api.send("POST", "/external-task/x/unlock", None)
        .await
        .expect_error(404, "RestException", message);
    api.post("/external-task/x/unlock", Value::Null)
        .await
        .expect_error(404, "RestException", message);
}

#[tokio::test]
async fn pages_of_any_origin_may_ask() {
    let api = Api::start().await;
    let url = format!("{}/deployment/create", api.base);
    let preflight = api
        .client
        .request(reqwest::Method::OPTIONS, &url)
        .header("origin", "file://")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .send()
        .await
        .unwrap();
    let preflight = answer(preflight).await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(
        preflight.header("access-control-allow-headers"),
        Some("authorization,content-type")
    );
    let request = api
        .client
        .get(format!("{}/version", api.base))
        .header("origin", "file://")
        .header("authorization", "Basic Og==")
        .header("upgrade", "h2c");
    let plain = answer(request.send().await.unwrap()).await;
    assert_eq!(plain.status, 200);
    assert_eq!(plain.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn heads_have_no_body() {
    let api = Api::start().await;
    let head = api.send("HEAD", "/version", None).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(head.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn health_and_measurements_can_be_watched() {
    let api = Api::start().await;
    let get = |path: &str| api.client.get(format!("{}{path}", api.server.url())).send();
    assert_eq!(
        answer(get("/livez").await.unwrap()).await.expect(200),
        json!({"status": "UP"})
    );
    assert_eq!(
        answer(get("/readyz").await.unwrap()).await.expect(200),
        json!({"status": "UP"})
    );
    api.get("/process-definition/x").await;
    let metrics = answer(get("/metrics").await.unwrap()).await;
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.text.contains("flowstone_http_request_duration_seconds_count"),
        "{}",
        metrics.text
    );
    assert!(
        metrics.text.contains(r#"path="/engine-rest/process-definition/{id}""#),
        "{}",
        metrics.text
    );
}

/// Sends a request with a body that is made while it is sent; the whole reply.
async fn upload(api: &Api, head: &str, size: usize) -> String {
    let address = api.server.url().strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    let chunk = vec![b'a'; 1 << 16];
    for _ in 0..size / chunk.len() {
        if connection.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let mut reply = Vec::new();
    connection.read_to_end(&mut reply).await.ok();
    String::from_utf8_lossy(&reply).into_owned()
}

fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test]
async fn huge_bodies_are_refused_without_being_kept() {
    let api = Api::start().await;
    api.get("/version").await;
    let before = resident_bytes();
    let size = 100 << 20;
    for (path, content_type) in [
        ("/deployment/create", "multipart/form-data; boundary=x"),
        ("/external-task/fetchAndLock", "application/json"),
    ] {
        let head = format!(
            "POST /engine-rest{path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\nContent-Length: {size}\r\n\r\n"
        );
        let reply = upload(&api, &head, size).await;
        assert!(reply.starts_with("HTTP/1.1 413"), "{path}: {reply}");
        assert!(reply.contains("content-type: application/json\r\n"), "{reply}");
        assert!(reply.contains("InvalidRequestException"), "{reply}");
    }
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 48 << 20, "{grown} bytes more than before");
    api.get("/version").await.expect(200);
}

#[tokio::test]
async fn a_stop_answers_parked_fetches_with_nothing() {
    let api = Api::start().await;
    let body = json!({"workerId": "w", "maxTasks": 1, "asyncResponseTimeout": 600_000,
        "topics": [{"topicName": "t", "lockDuration": 1000}]});
    let request = api
        .client
        .post(format!("{}/external-task/fetchAndLock", api.base))
        .body(body.to_string());
    // The connection stands already, and the fetch has time to get there also where much else is going on.
    api.get("/version").await.expect(200);
    let parked = tokio::spawn(async move { answer(request.send().await.unwrap()).await });
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(!parked.is_finished());
    api.server.stop().await.unwrap();
    assert_eq!(parked.await.unwrap().expect(200), json!([]));
}
