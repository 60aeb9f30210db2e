//! What the Rust peers share: the options, the request, and the load.

use std::future::Future;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub const REQUEST: &str = include_str!("../../data/request.json");

pub struct Options(Value);

impl Options {
    /// Of the command line: one JSON object.
    pub fn given() -> Options {
        let text = std::env::args().nth(1).expect("an object of options");
        Options(serde_json::from_str(&text).expect("JSON"))
    }

    pub fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    pub fn number(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap_or(1)
    }

    pub fn is_cold(&self) -> bool {
        self.text("mode") == "cold"
    }
}

/// A runtime of one thread where calls come one after another, else of as many as there are cores.
pub fn runtime(options: &Options) -> tokio::runtime::Runtime {
    let mut builder = match options.number("at_once") {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build().expect("a runtime")
}

/// Makes the calls, and reports.
pub async fn run<F: Future<Output = ()> + Send + 'static>(
    options: &Options,
    call: impl Fn() -> F + Clone + Send + 'static,
) {
    if options.is_cold() {
        return call().await;
    }
    let at_once = options.number("at_once");
    let phase = async |total: u64| {
        let works = (0..at_once).map(|at| {
            let (call, calls) = (call.clone(), total / at_once + u64::from(at < total % at_once));
            async move {
                for _ in 0..calls {
                    call().await;
                }
            }
        });
        if at_once == 1 {
            for work in works {
                work.await;
            }
        } else {
            for work in works.map(tokio::spawn).collect::<Vec<_>>() {
                work.await.expect("no panic");
            }
        }
    };
    phase(options.number("warmup")).await;
    let (began, before) = (Instant::now(), processor());
    phase(options.number("calls")).await;
    report(options, began.elapsed(), processor() - before);
}

/// Prints what the driver reads.
pub fn report(options: &Options, took: Duration, processor: Duration) {
    let calls = options.number("calls") as f64;
    let (rate, cpu) = (calls / took.as_secs_f64(), processor.as_secs_f64() * 1e6 / calls);
    println!("{}", json!({"calls_a_second": rate, "cpu_us": cpu, "memory_kb": peak_memory()}));
}

/// The processor's time that this process took so far.
pub fn processor() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes to the place that it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
