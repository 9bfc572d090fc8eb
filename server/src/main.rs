//! The `flowstone` binary.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// A request makes hundreds of small allocations on several threads, which takes a fourth of the server's time with
/// the allocator of the C library. `.cargo/config.toml` has its settings.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    flowstone_server::cli::run()
}
