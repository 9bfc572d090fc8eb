//! Settings of the server, from a file, the environment and flags.
//!
//! Later sources win: defaults, then the file, then the environment, then flags. A name that is
//! not known is refused, because a setting that does nothing is worse than none.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flowstone_engine::{EvaluationLimits, HistoryLevel, RetryPolicy};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Prefix of the environment variables that are settings.
const PREFIX: &str = "FLOWSTONE_";

/// Environment variables with the prefix that commands other than `serve` read.
const OTHER_VARIABLES: [&str; 2] = ["FLOWSTONE_URL", "FLOWSTONE_CONFIG"];

/// Settings of `flowstone serve`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Config {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Database: `sqlite://PATH`, `postgres://…` or `memory:`.
    pub database_url: String,
    /// Whether due jobs are executed; else only when a client tells to.
    pub job_execution: Switch,
    /// How often a job is tried whose model does not say it.
    pub job_attempts: u64,
    /// How long the first failure of such a job puts off the next attempt, in seconds.
    pub job_retry_pause: u64,
    /// By how much each further failure multiplies the pause.
    pub job_retry_growth: u64,
    /// Memory for running instances, in megabytes; 0: each is loaded for every command.
    pub instance_memory: u64,
    /// How much history is kept: `none`, `activity`, `audit` or `full`.
    pub history: String,
    /// How long a script of a model may run, in milliseconds.
    pub script_time_limit: u64,
    /// How much memory a script of a model may take, in megabytes.
    pub script_memory_limit: u64,
    /// Form of the log.
    pub log_format: LogFormat,
    /// What is logged, such as `info` or `flowstone_engine=debug,info`.
    pub log_level: String,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Settings as one source gives them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// Database: sqlite://PATH, postgres://… or memory: [default: sqlite://data/flowstone.db]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// Execute due jobs; off: only when a client tells to [default: on]
    #[arg(long, value_enum)]
    pub job_execution: Option<Switch>,
    /// How often a job is tried whose model does not say it [default: 3]
    #[arg(long, value_name = "NUMBER")]
    #[serde(default, deserialize_with = "number")]
    pub job_attempts: Option<u64>,
    /// How long the first failure of such a job puts off the next attempt, in seconds [default: 0]
    #[arg(long, value_name = "SECONDS")]
    #[serde(default, deserialize_with = "number")]
    pub job_retry_pause: Option<u64>,
    /// By how much each further failure multiplies the pause, 2 doubles it; at most a day [default: 1]
    #[arg(long, value_name = "FACTOR")]
    #[serde(default, deserialize_with = "number")]
    pub job_retry_growth: Option<u64>,
    /// Memory for running instances, in megabytes; 0: each is loaded for every command [default: 64]
    #[arg(long, value_name = "MEGABYTES")]
    #[serde(default, deserialize_with = "number")]
    pub instance_memory: Option<u64>,
    /// How much history is kept: none, activity, audit or full [default: full]
    #[arg(long, value_name = "LEVEL")]
    pub history: Option<String>,
    /// How long a script of a model may run, in milliseconds [default: 1000]
    #[arg(long, value_name = "MILLISECONDS")]
    #[serde(default, deserialize_with = "number")]
    pub script_time_limit: Option<u64>,
    /// How much memory a script of a model may take, in megabytes [default: 16]
    #[arg(long, value_name = "MEGABYTES")]
    #[serde(default, deserialize_with = "number")]
    pub script_memory_limit: Option<u64>,
    /// Form of the log [default: text]
    #[arg(long, value_enum)]
    pub log_format: Option<LogFormat>,
    /// What is logged, such as info or flowstone_engine=debug,info [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log_level: Option<String>,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("the configuration file {path} cannot be read: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file holds something wrong.
    #[error("the configuration file {path} is wrong: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What and where.
        problem: String,
    },
    /// An environment variable is not a setting.
    #[error("the environment variable {name} is not a setting; did you mean {nearest}?")]
    UnknownVariable {
        /// Its name.
        name: String,
        /// The nearest that is known.
        nearest: String,
    },
    /// A setting has a value that it cannot have.
    #[error("the setting {name} is wrong: {problem}")]
    Value {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

impl Settings {
    /// Settings of a file in TOML.
    ///
    /// # Errors
    /// [`Error::Unreadable`], [`Error::File`] naming a key that is not known.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::Unreadable {
            path: path.to_owned(),
            error,
        })?;
        let problem = |problem: String| Error::File {
            path: path.to_owned(),
            problem,
        };
        let source = toml::Deserializer::parse(&text).map_err(|error| problem(error.to_string()))?;
        serde_path_to_error::deserialize(source).map_err(|error| problem(error.to_string()))
    }

    /// Settings of the environment: `FLOWSTONE_LISTEN` and so on, and `DATABASE_URL`.
    ///
    /// # Errors
    /// [`Error::UnknownVariable`] for any other `FLOWSTONE_…`, [`Error::Value`].
    pub fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let mut table = toml::Table::new();
        let mut plain_url = None;
        for (name, value) in variables {
            if name == "DATABASE_URL" {
                plain_url = Some(value);
            } else if let Some(setting) = name.strip_prefix(PREFIX)
                && !OTHER_VARIABLES.contains(&name.as_str())
            {
                let key = setting.to_lowercase().replace('_', "-");
                if !KEYS.contains(&key.as_str()) {
                    return Err(Error::UnknownVariable {
                        nearest: nearest(&name),
                        name,
                    });
                }
                table.insert(key, toml::Value::String(value));
            }
        }
        let settings: Settings = serde_path_to_error::deserialize(table).map_err(|error| Error::Value {
            name: format!("{PREFIX}{}", error.path().to_string().to_uppercase().replace('-', "_")),
            problem: error.inner().message().to_owned(),
        })?;
        let database_url = settings.database_url.clone().or(plain_url);
        Ok(Settings {
            database_url,
            ..settings
        })
    }

    /// These settings, and those of `other` where these have none.
    #[must_use]
    pub fn or(self, other: Settings) -> Settings {
        Settings {
            listen: self.listen.or(other.listen),
            database_url: self.database_url.or(other.database_url),
            job_execution: self.job_execution.or(other.job_execution),
            job_attempts: self.job_attempts.or(other.job_attempts),
            job_retry_pause: self.job_retry_pause.or(other.job_retry_pause),
            job_retry_growth: self.job_retry_growth.or(other.job_retry_growth),
            instance_memory: self.instance_memory.or(other.instance_memory),
            history: self.history.or(other.history),
            script_time_limit: self.script_time_limit.or(other.script_time_limit),
            script_memory_limit: self.script_memory_limit.or(other.script_memory_limit),
            log_format: self.log_format.or(other.log_format),
            log_level: self.log_level.or(other.log_level),
        }
    }

    /// These settings with the defaults for the rest.
    ///
    /// # Errors
    /// [`Error::Value`].
    pub fn finish(self) -> Result<Config, Error> {
        let config = Config {
            listen: self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            database_url: self
                .database_url
                .unwrap_or_else(|| "sqlite://data/flowstone.db".to_owned()),
            job_execution: self.job_execution.unwrap_or(Switch::On),
            job_attempts: self.job_attempts.unwrap_or(3),
            job_retry_pause: self.job_retry_pause.unwrap_or(0),
            job_retry_growth: self.job_retry_growth.unwrap_or(1),
            instance_memory: self.instance_memory.unwrap_or(64),
            history: self.history.unwrap_or_else(|| "full".to_owned()),
            script_time_limit: self.script_time_limit.unwrap_or(1000),
            script_memory_limit: self.script_memory_limit.unwrap_or(16),
            log_format: self.log_format.unwrap_or(LogFormat::Text),
            log_level: self.log_level.unwrap_or_else(|| "info".to_owned()),
        };
        config.history_level()?;
        for (name, value, least, most) in [
            ("script-time-limit", config.script_time_limit, 1, MAXIMUM_SCRIPT_LIMIT),
            (
                "script-memory-limit",
                config.script_memory_limit,
                1,
                MAXIMUM_SCRIPT_LIMIT,
            ),
            ("job-attempts", config.job_attempts, 1, 1000),
            ("job-retry-pause", config.job_retry_pause, 0, 24 * 60 * 60),
            ("job-retry-growth", config.job_retry_growth, 1, 100),
            ("instance-memory", config.instance_memory, 0, 1 << 20),
        ] {
            if !(least..=most).contains(&value) {
                return Err(Error::Value {
                    name: name.to_owned(),
                    problem: format!("{value} is not between {least} and {most}"),
                });
            }
        }
        Ok(config)
    }
}

impl Config {
    /// The history level.
    ///
    /// # Errors
    /// [`Error::Value`] when the level is not known.
    pub fn history_level(&self) -> Result<HistoryLevel, Error> {
        self.history.parse().map_err(|problem| Error::Value {
            name: "history".to_owned(),
            problem,
        })
    }

    /// What one evaluation of a model may cost.
    pub fn evaluation_limits(&self) -> EvaluationLimits {
        EvaluationLimits {
            time: Duration::from_millis(self.script_time_limit),
            memory_bytes: usize::try_from(self.script_memory_limit << 20).unwrap_or(usize::MAX),
            ..EvaluationLimits::default()
        }
    }

    /// How jobs are tried again whose model says nothing about it.
    pub fn retries(&self) -> RetryPolicy {
        RetryPolicy {
            attempts: i32::try_from(self.job_attempts).unwrap_or(i32::MAX),
            pause: Duration::from_secs(self.job_retry_pause),
            growth: u32::try_from(self.job_retry_growth).unwrap_or(u32::MAX),
        }
    }

    /// The bound of the memory for running instances, in bytes.
    pub fn instance_bytes(&self) -> usize {
        usize::try_from(self.instance_memory << 20).unwrap_or(usize::MAX)
    }

    /// The settings as TOML, with secrets masked.
    ///
    /// # Errors
    /// [`Error::Value`], when they cannot be written as TOML.
    pub fn masked(&self) -> Result<String, Error> {
        let mut shown = self.clone();
        shown.database_url = mask(&self.database_url);
        let text = toml::to_string(&shown).map_err(|error| Error::Value {
            name: "config".to_owned(),
            problem: error.to_string(),
        })?;
        Ok(text
            .lines()
            .map(|line| match line.split_once('=') {
                Some((key, value)) => format!("{}={value}\n", key.replace('_', "-")),
                None => format!("{line}\n"),
            })
            .collect())
    }
}

/// The most that a limit of scripts can be set to: about a minute, or 64 GB.
const MAXIMUM_SCRIPT_LIMIT: u64 = 65_536;

/// A whole number, which the environment gives as text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u64),
        Text(String),
    }
    match Written::deserialize(deserializer) {
        Ok(Written::Number(number)) => Ok(Some(number)),
        Ok(Written::Text(text)) => match text.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(D::Error::custom(format!("'{text}' is not a whole number"))),
        },
        Err(_) => Err(D::Error::custom("a whole number is expected")),
    }
}

/// Keys of the file; the environment has them in capitals with `_`.
const KEYS: [&str; 12] = [
    "listen",
    "database-url",
    "job-execution",
    "job-attempts",
    "job-retry-pause",
    "job-retry-growth",
    "instance-memory",
    "history",
    "script-time-limit",
    "script-memory-limit",
    "log-format",
    "log-level",
];

/// A database URL without its password.
pub fn mask(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let Some((user, host)) = rest.rsplit_once('@') else {
        return url.to_owned();
    };
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***@{host}"),
        None => url.to_owned(),
    }
}

/// The known variable that shares the longest beginning or most letters with a wrong one.
fn nearest(name: &str) -> String {
    let variables = KEYS
        .iter()
        .map(|key| format!("{PREFIX}{}", key.to_uppercase().replace('-', "_")));
    variables
        .max_by_key(|known| {
            let shared = known.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
            let letters = name.chars().filter(|letter| known.contains(*letter)).count();
            shared * 4 + letters
        })
        .unwrap_or_default()
}
