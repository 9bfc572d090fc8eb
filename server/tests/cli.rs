//! The command line, as people and scripts use it.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// Runs the binary in an empty directory with an empty environment.
fn flowstone(directory: &TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowstone"))
        .args(arguments)
        .current_dir(directory.path())
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn flags_win_over_environment_over_file_and_secrets_are_masked() {
    let directory = TempDir::new().unwrap();
    let file = "listen = \"127.0.0.1:1\"\nhistory = \"none\"\nlog-level = \"debug\"\n";
    std::fs::write(directory.path().join("flowstone.toml"), file).unwrap();
    let environment = [
        ("DATABASE_URL", "postgres://user:secret@host/name"),
        ("FLOWSTONE_HISTORY", "activity"),
        ("FLOWSTONE_LISTEN", "127.0.0.1:2"),
    ];
    let output = flowstone(
        &directory,
        &["serve", "--print-config", "--listen", "127.0.0.1:3"],
        &environment,
    );
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for line in [
        "listen = \"127.0.0.1:3\"",
        "history = \"activity\"",
        "log-level = \"debug\"",
        "database-url = \"postgres://user:***@host/name\"",
    ] {
        assert!(printed.contains(line), "{line} is missing in\n{printed}");
    }
    assert!(!printed.contains("secret"));
}

#[test]
fn names_that_are_not_settings_are_refused() {
    let directory = TempDir::new().unwrap();
    let refused = |environment: &[(&str, &str)], named: &str| {
        let output = flowstone(&directory, &["serve", "--print-config"], environment);
        assert!(!output.status.success());
        assert!(text(&output.stderr).contains(named), "{}", text(&output.stderr));
    };
    refused(&[("FLOWSTONE_LISTN", "127.0.0.1:1")], "FLOWSTONE_LISTEN");
    refused(&[("FLOWSTONE_HISTORY", "everything")], "everything");
    refused(&[("FLOWSTONE_LISTEN", "nowhere")], "FLOWSTONE_LISTEN");
    std::fs::write(directory.path().join("flowstone.toml"), "histroy = \"full\"").unwrap();
    refused(&[], "histroy");
}

#[test]
fn check_underlines_what_is_wrong() {
    let directory = TempDir::new().unwrap();
    let model = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
  <process id="p" isExecutable="true">
    <startEvent id="s"/>
    <scriptTask id="script" scriptFormat="groovy"/>
  </process>
</definitions>"#;
    std::fs::write(directory.path().join("wrong.bpmn"), model).unwrap();
    let output = flowstone(&directory, &["check", "wrong.bpmn"], &[]);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("wrong.bpmn:4:5"), "{printed}");
    assert!(printed.contains("4 |     <scriptTask"), "{printed}");
    assert!(printed.contains("^^^"), "{printed}");
    std::fs::write(
        directory.path().join("right.bpmn"),
        model.replace("    <scriptTask id=\"script\" scriptFormat=\"groovy\"/>\n", ""),
    )
    .unwrap();
    assert!(flowstone(&directory, &["check", "right.bpmn"], &[]).status.success());
}

#[test]
fn a_dry_run_prints_the_migrations_and_the_next_finds_them_applied() {
    let directory = TempDir::new().unwrap();
    let database = ["--database-url", "sqlite://data/test.db"];
    let dry = flowstone(&directory, &[&["migrate", "--dry-run"], &database[..]].concat(), &[]);
    assert!(
        text(&dry.stdout).contains("CREATE TABLE") || text(&dry.stdout).contains("create table"),
        "{}",
        text(&dry.stderr)
    );
    let applied = flowstone(&directory, &[&["migrate"], &database[..]].concat(), &[]);
    assert!(text(&applied.stdout).contains("applied"), "{}", text(&applied.stderr));
    let again = flowstone(&directory, &[&["migrate"], &database[..]].concat(), &[]);
    assert!(text(&again.stdout).contains("up to date"), "{}", text(&again.stderr));
}

/// A server of its own, ended when dropped.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(directory: &TempDir) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_flowstone"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--database-url",
                "sqlite://data/test.db",
            ])
            .current_dir(directory.path())
            .env_clear()
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let line = log.lines().map(Result::unwrap).find(|line| line.contains("http://"));
        let line = line.expect("the log names the address");
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        Serving {
            child,
            url: url.unwrap().to_owned(),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn files_are_deployed_and_processes_started_from_the_command_line() {
    let directory = TempDir::new().unwrap();
    let server = Serving::start(&directory);
    let model = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
  <process id="hello" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="a" sourceRef="start" targetRef="ask"/><userTask id="ask"/>
  </process>
</definitions>"#;
    std::fs::write(directory.path().join("hello.bpmn"), model).unwrap();
    let run = |arguments: &[&str]| flowstone(&directory, &[arguments, &["--url", &server.url]].concat(), &[]);

    let deployed = run(&["deploy", "hello.bpmn", "--changed-only"]);
    assert!(deployed.status.success(), "{}", text(&deployed.stderr));
    assert!(text(&deployed.stdout).contains("hello version 1: hello:1:"));
    let again = run(&["deploy", "hello.bpmn", "--changed-only"]);
    assert!(
        text(&again.stdout).contains("nothing changed"),
        "{}",
        text(&again.stdout)
    );

    let started = run(&[
        "start",
        "hello",
        "--var",
        "name=\"Ada\"",
        "--var",
        "count=3",
        "--business-key",
        "b",
    ]);
    assert!(started.status.success(), "{}", text(&started.stderr));
    let instance = text(&started.stdout).trim().to_owned();
    assert_eq!(instance.len(), 36, "the id is all that is printed: {instance}");

    let unknown = run(&["start", "nobody"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("No matching process definition with key: nobody"));
    let wrong = run(&["start", "hello", "--var", "name"]);
    assert!(text(&wrong.stderr).contains("must have the form name=json"));
    let missing = run(&["deploy", "missing.bpmn"]);
    assert!(text(&missing.stderr).contains("missing.bpmn cannot be read"));
    let refused = flowstone(
        &directory,
        &["deploy", "hello.bpmn", "--url", "http://127.0.0.1:1"],
        &[],
    );
    assert!(text(&refused.stderr).contains("no server answers"));
}

#[test]
fn shells_get_completions() {
    let directory = TempDir::new().unwrap();
    let output = flowstone(&directory, &["completions", "bash"], &[]);
    assert!(text(&output.stdout).contains("complete -F _flowstone"));
}
