//! What the local service does in a second, how much memory it takes, and how soon it is there: `make bench-local`.
//!
//! The service runs in a process of its own, from the binary that CHIMELINE_LOCAL names or, without it, that was built. Requests are signed before the clock starts, so that what is measured is the service.

#![allow(missing_docs, reason = "a program")]
#![expect(clippy::disallowed_methods, reason = "it measures with the real clock")]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const CONNECTIONS: usize = 64;
const PIPELINES: u32 = 100_000;

/// A service in a process of its own, which ends with this value.
struct Service {
    process: Child,
    address: SocketAddr,
}

impl Service {
    fn start(arguments: &[&str]) -> Outcome<Service> {
        let built = PathBuf::from(env!("CARGO_BIN_EXE_chimeline-local"));
        let mut process = Command::new(env::var_os("CHIMELINE_LOCAL").map_or(built, PathBuf::from))
            .args(["--port", "0", "--pipeline-quota", "10000000"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address = line.trim().rsplit_once("http://").ok_or("no URL")?.1.parse()?;
        Ok(Service { process, address })
    }

    /// How much memory is its own, in megabytes.
    fn megabytes(&self) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? / 1024)
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> Outcome<Vec<u8>> {
        let credentials = Credentials::new("AKIDCHIMELINELOCAL", "chimeline-local-secret", None, None, "bench");
        let identity = Identity::from(credentials);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("chime")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let url = format!("http://{}{path}", self.address);
        let bytes = SignableBody::Bytes(body.as_bytes());
        let (instructions, _) =
            sign(SignableRequest::new(method, &url, std::iter::empty(), bytes)?, &parameters)?.into_parts();
        let mut text =
            format!("{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n", self.address);
        for (name, value) in instructions.headers() {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("content-length: {}\r\n\r\n{body}", body.len());
        Ok(text.into_bytes())
    }

    fn creation(&self, number: u32) -> Outcome<Vec<u8>> {
        self.request(
            "POST",
            "/sdk-media-capture-pipelines",
            &json!({
                "SourceType": "ChimeSdkMeeting",
                "SourceArn": format!("arn:aws:chime::111122223333:meeting:00000000-0000-4000-8000-{number:012}"),
                "SinkType": "S3Bucket",
                "SinkArn": "arn:aws:s3:::recordings",
                "ClientRequestToken": format!("token-{number}"),
            }),
        )
    }

    /// Sends creations from 64 connections, each of which waits for its responses; returns how many a second.
    async fn create(&self, count: usize, first: usize) -> Outcome<f64> {
        let requests: Vec<Vec<u8>> =
            (first..first + count).map(|number| self.creation(number)).collect::<Outcome<_>>()?;
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            connections.push(TcpStream::connect(self.address).await?);
        }
        let mut shares: Vec<Vec<Vec<u8>>> = vec![Vec::new(); CONNECTIONS];
        for (number, request) in requests.into_iter().enumerate() {
            shares[number % CONNECTIONS].push(request);
        }
        let begun = Instant::now();
        let local = tokio::task::LocalSet::new();
        let work = connections.into_iter().zip(shares).map(|(mut connection, share)| {
            local.spawn_local(async move {
                connection.set_nodelay(true).map_err(|e| e.to_string())?;
                for request in share {
                    let status = exchange(&mut connection, &request).await.map_err(|e| e.to_string())?;
                    if status != 201 {
                        return Err(format!("a creation is answered with {status}"));
                    }
                }
                Ok::<(), String>(())
            })
        });
        let work: Vec<_> = work.collect();
        local.await;
        for done in work {
            done.await??;
        }
        Ok(f64::from(count) / begun.elapsed().as_secs_f64())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends a request and reads its response; returns the status.
async fn exchange(connection: &mut TcpStream, request: &[u8]) -> Outcome<u16> {
    connection.write_all(request).await?;
    let (mut received, mut end) = (Vec::with_capacity(4096), None);
    loop {
        if connection.read_buf(&mut received).await? == 0 {
            return Err("the connection is closed".into());
        }
        if end.is_none()
            && let Some(at) = received.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head = std::str::from_utf8(&received[..at])?.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).ok_or("no length")?;
            end = Some(at + 4 + length.parse::<usize>()?);
        }
        if end.is_some_and(|end| received.len() >= end) {
            return Ok(std::str::from_utf8(received.get(9..12).ok_or("no status")?)?.parse()?);
        }
    }
}

fn median(mut lengths: Vec<Duration>) -> Duration {
    lengths.sort_unstable();
    lengths[lengths.len() / 2]
}

fn row(what: &str, figure: &str, wanted: &str, is_met: bool) -> bool {
    println!("{what:<52} {figure:>14}   {wanted:<18} {}", if is_met { "met" } else { "missed" });
    is_met
}

/// From the start of the process to the response to its first request.
fn start() -> Outcome<Duration> {
    let mut lengths = Vec::new();
    for _ in 0..21 {
        let begun = Instant::now();
        let service = Service::start(&[])?;
        let mut connection = std::net::TcpStream::connect(service.address)?;
        connection.write_all(b"GET /_local/health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")?;
        let mut text = String::new();
        connection.read_to_string(&mut text)?;
        if !text.starts_with("HTTP/1.1 200") {
            return Err(text.into());
        }
        lengths.push(begun.elapsed());
    }
    Ok(median(lengths))
}

async fn run() -> Outcome<bool> {
    let mut all_met = true;
    let started = start()?;
    all_met &=
        row("from the start to the first response", &format!("{started:.1?}"), "under 50 ms", started.as_millis() < 50);

    let service = Service::start(&[])?;
    service.create(5000, 0).await?;
    let rate = service.create(50_000, 5000).await?;
    all_met &= row("creations a second, in memory", &format!("{rate:.0}"), "at least 20,000", rate >= 20_000.0);
    service.create(PIPELINES - 55_000, 55_000).await?;
    let megabytes = service.megabytes()?;
    all_met &= row("memory of 100,000 pipelines", &format!("{megabytes} MB"), "under 300 MB", megabytes < 300);

    let mut connection = TcpStream::connect(service.address).await?;
    connection.set_nodelay(true)?;
    let mut lengths = Vec::new();
    for _ in 0..500 {
        let request = service.request("GET", "/sdk-media-capture-pipelines?max-results=99", &Value::Null)?;
        let begun = Instant::now();
        let status = exchange(&mut connection, &request).await?;
        lengths.push(begun.elapsed());
        if status != 200 {
            return Err(format!("a list is answered with {status}").into());
        }
    }
    let page = median(lengths);
    all_met &= row("a page of 99 of 100,000 pipelines", &format!("{page:.1?}"), "under 1 ms", page.as_micros() < 1000);
    drop(service);

    let folder = std::env::temp_dir().join(format!("chimeline-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let path: PathBuf = folder.join("chime.state");
    let arguments = ["--state", path.to_str().ok_or("a path of UTF-8")?];
    let service = Service::start(&arguments)?;
    service.create(5000, 0).await?;
    let rate = service.create(30_000, 5000).await?;
    all_met &= row("creations a second, kept in a file", &format!("{rate:.0}"), "at least 5,000", rate >= 5000.0);
    drop(service);
    let begun = Instant::now();
    let service = Service::start(&arguments)?;
    println!("{:<52} {:>14}", "a start with 35,000 kept changes", format!("{:.1?}", begun.elapsed()));
    drop(service);
    fs::remove_dir_all(&folder)?;
    Ok(all_met)
}

fn main() -> Outcome<()> {
    let runtime = chimeline_core::runtime::builder::runtime()?;
    if runtime.block_on(run())? { Ok(()) } else { Err("a figure is missed".into()) }
}
