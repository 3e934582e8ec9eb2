//! What a process costs, as Linux counts it.

use std::fs;

/// Time that all threads of a process have spent on a processor, in milliseconds.
pub(crate) fn cpu_ms(pid: u32) -> f64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let nanoseconds = threads.flatten().filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e6
}

/// The most memory that a process has had, in MB.
pub(crate) fn peak_mb(pid: u32) -> f64 {
    status(pid, "VmHWM:") * 1024.0 / 1e6
}

/// How many threads a process has.
pub(crate) fn threads(pid: u32) -> f64 {
    status(pid, "Threads:")
}

/// Processor time of all children that have ended, and of theirs, in milliseconds.
pub(crate) fn children_cpu_ms() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // The name in parentheses may hold spaces; what follows is counted from the third field on.
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let fields: Vec<f64> = after_name.split(' ').map(|it| it.parse().unwrap_or(0.0)).collect();
    // Ticks are a hundredth of a second everywhere.
    (fields[13] + fields[14]) * 10.0
}

/// What the figures were measured on.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    format!("{cores} cores ({}), load {load} at the end", model.map_or("unknown", |(_, it)| it))
}

fn status(pid: u32, field: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().and_then(|it| it.parse().ok()).unwrap_or(0.0)
}
