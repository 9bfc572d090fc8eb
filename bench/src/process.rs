//! Memory and CPU time of processes, from `/proc` (Linux).

use std::fs;

/// Memory and CPU time of one process or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Resident memory in megabytes.
    pub megabytes: f64,
    /// CPU time since the start, in seconds.
    pub cpu_seconds: f64,
}

/// What a process uses.
///
/// # Errors
/// When there is no such process.
pub fn usage(pid: u32) -> anyhow::Result<Usage> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(Usage {
        megabytes: resident_kilobytes(&status) / 1024.0,
        cpu_seconds: cpu_seconds(&fs::read_to_string(format!("/proc/{pid}/stat"))?),
    })
}

/// What all processes of a name use together. Shared memory counts several times.
pub fn usage_by_name(name: &str) -> Usage {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name))
        .filter_map(|pid| usage(pid).ok())
        .fold(Usage::default(), |sum, one| Usage {
            megabytes: sum.megabytes + one.megabytes,
            cpu_seconds: sum.cpu_seconds + one.cpu_seconds,
        })
}

/// User and system time, counted in hundredths of a second.
fn cpu_seconds(stat: &str) -> f64 {
    // The name before may hold anything, blanks and brackets too.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |position: usize| -> f64 { fields.get(position).and_then(|field| field.parse().ok()).unwrap_or(0.0) };
    (ticks(11) + ticks(12)) / 100.0
}

fn resident_kilobytes(status: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_the_kernel_are_read() {
        let stat = "4242 (a (strange) name) S 1 1 1 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 1 1 1";
        assert!((cpu_seconds(stat) - 2.0).abs() < 1e-9);
        assert!((resident_kilobytes("Name:\tx\nVmRSS:\t   2048 kB\n") - 2048.0).abs() < 1e-9);
        assert!((resident_kilobytes("Name:\tkernel thread\n")).abs() < 1e-9);
    }
}
