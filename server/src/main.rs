//! The `flowstone` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    flowstone_server::cli::run()
}
