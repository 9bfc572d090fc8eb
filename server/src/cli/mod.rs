//! The command line.

mod check;
mod client;
mod serve;
mod storage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::config::Settings;

/// A BPMN 2.0 workflow engine that speaks Camunda 7's REST API.
#[derive(Debug, Parser)]
#[command(name = "flowstone", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve {
        #[command(flatten)]
        source: Source,
        /// Print the settings in force, secrets masked, and stop.
        #[arg(long)]
        print_config: bool,
    },
    /// Bring the database up to date; serve does so by itself.
    Migrate {
        #[command(flatten)]
        source: Source,
        /// Print the SQL that would run, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Deploy files to a running server.
    Deploy {
        /// Files to deploy together.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Name of the deployment.
        #[arg(long, default_value = "flowstone deploy")]
        name: String,
        /// Tenant of the deployment.
        #[arg(long)]
        tenant: Option<String>,
        /// Deploy only what changed.
        #[arg(long)]
        changed_only: bool,
        #[command(flatten)]
        server: Server,
    },
    /// Start a process instance on a running server.
    Start {
        /// Key of the process.
        key: String,
        /// A variable; its value is JSON, or text when it is not.
        #[arg(long = "var", value_name = "NAME=JSON")]
        variables: Vec<String>,
        /// Business key.
        #[arg(long)]
        business_key: Option<String>,
        #[command(flatten)]
        server: Server,
    },
    /// Check BPMN files and show every problem with its line.
    Check {
        /// Files to check.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Form of the output.
        #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
        format: CheckFormat,
    },
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Form of what `check` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For people, with the source underlined.
    Text,
    /// A JSON array.
    Json,
}

/// Where settings come from.
#[derive(Debug, clap::Args)]
struct Source {
    /// Configuration file in TOML [default: flowstone.toml, when there is one]
    #[arg(long, value_name = "FILE", env = "FLOWSTONE_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

impl Source {
    fn config(self) -> anyhow::Result<crate::config::Config> {
        let default = PathBuf::from("flowstone.toml");
        let path = self.config.or_else(|| default.exists().then_some(default));
        let file = path.map(|path| Settings::from_file(&path)).transpose()?;
        let environment = Settings::from_environment(std::env::vars())?;
        let settings = self.settings.or(environment).or(file.unwrap_or_default());
        Ok(settings.finish()?)
    }
}

/// A running server.
#[derive(Debug, clap::Args)]
struct Server {
    /// Root of the server's API.
    #[arg(long, env = "FLOWSTONE_URL", default_value = "http://127.0.0.1:8080/engine-rest")]
    url: String,
}

/// Runs the command line of the process.
pub fn run() -> ExitCode {
    match execute(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve { source, print_config } => {
            let config = source.config()?;
            if print_config {
                print!("{}", config.masked()?);
                return Ok(ExitCode::SUCCESS);
            }
            runtime()?.block_on(serve::serve(config))?;
        }
        Command::Migrate { source, dry_run } => runtime()?.block_on(storage::migrate(&source.config()?, dry_run))?,
        Command::Deploy {
            files,
            name,
            tenant,
            changed_only,
            server,
        } => runtime()?.block_on(client::deploy(&server.url, &files, name, tenant, changed_only))?,
        Command::Start {
            key,
            variables,
            business_key,
            server,
        } => runtime()?.block_on(client::start(&server.url, &key, &variables, business_key))?,
        Command::Check { files, format } => return check::check(&files, format == CheckFormat::Json),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "flowstone", &mut std::io::stdout());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Requests never block; checks of deployments and the SQLite driver have threads of their own.
        .max_blocking_threads(16)
        .build()
}
