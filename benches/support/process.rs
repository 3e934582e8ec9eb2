//! Resource usage of a process, as Linux reports it.

use std::fs;

/// Returns the CPU time of all threads of a process, in milliseconds.
pub(crate) fn cpu_ms(pid: u32) -> f64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let nanoseconds = threads.flatten().filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e6
}

/// Returns the peak memory of a process, in MB.
pub(crate) fn peak_mb(pid: u32) -> f64 {
    status(pid, "VmHWM:") * 1024.0 / 1e6
}

/// Returns the number of threads of a process.
pub(crate) fn threads(pid: u32) -> f64 {
    status(pid, "Threads:")
}

/// Returns the CPU time of all terminated children and their descendants, in milliseconds.
pub(crate) fn children_cpu_ms() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // The name in parentheses can contain spaces. The fields after it start at the third field.
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let fields: Vec<f64> = after_name.split(' ').map(|it| it.parse().unwrap_or(0.0)).collect();
    // A clock tick is 10 milliseconds on every system.
    (fields[13] + fields[14]) * 10.0
}

/// Describes the machine that produced the figures.
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
