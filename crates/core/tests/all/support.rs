//! A server on loopback that answers, or fails, as the test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use chimeline_core::codec::json_host::JsonBuilder;
use chimeline_core::runtime::environment::{Environment, Variables};
use chimeline_core::{Call, Client, Error, Options, Response, StaticCredentials};
use serde_json::json;

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Step {
    /// These bytes, and the connection stays open.
    Answer(Vec<u8>),
    /// These bytes, then the end of the connection.
    AnswerThenClose(Vec<u8>),
    /// The end of the connection.
    Close,
    /// The reset of the connection.
    Reset,
    /// Nothing, for as long as the client waits.
    Stall,
    /// These bytes, then nothing.
    AnswerThenStall(Vec<u8>),
    /// These bytes, then the reset of the connection.
    AnswerThenReset(Vec<u8>),
    /// These bytes, one after the other with a pause between them.
    Trickle(Vec<u8>, Duration),
    /// The first bytes, then the second for ever.
    Endless(Vec<u8>, Vec<u8>),
}

impl Step {
    /// A whole answer.
    pub fn json(status: u16, body: &str) -> Step {
        Step::Answer(answer(status, body.len(), body))
    }

    /// An error with that code.
    pub fn error(status: u16, code: &str) -> Step {
        Step::json(status, &format!("{{\"Code\":\"{code}\",\"Message\":\"m\"}}"))
    }
}

/// An answer that says its body has `length` bytes.
pub fn answer(status: u16, length: usize, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

/// A request as it came: its head, and its body.
#[derive(Clone, Debug)]
pub struct Received {
    pub head: String,
    pub body: String,
}

/// The running server; it ends with the test's process.
pub struct Server {
    pub address: SocketAddr,
    log: Arc<Log>,
}

/// What a server saw and did.
#[derive(Default)]
struct Log {
    seen: Mutex<Vec<Received>>,
    open: AtomicUsize,
    poured: AtomicUsize,
}

impl Server {
    /// A server that takes the steps in their order, and the last one for ever.
    pub fn start(steps: Vec<Step>) -> Server {
        let steps = Mutex::new(steps);
        Server::answering(move |_| {
            let mut steps = steps.lock().expect("no panic in the server");
            if steps.len() > 1 { steps.remove(0) } else { steps[0].clone() }
        })
    }

    /// A server that decides by the request.
    pub fn answering(decide: impl Fn(&Received) -> Step + Send + Sync + 'static) -> Server {
        Server::over(("127.0.0.1", 0), |socket| Some(Box::new(socket)), decide)
    }

    /// A server at that address whose connections begin as `open` says; it may refuse them.
    pub fn over(
        address: impl ToSocketAddrs,
        open: impl Fn(TcpStream) -> Option<Box<dyn Wire>> + Send + Sync + 'static,
        decide: impl Fn(&Received) -> Step + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let log: Arc<Log> = Arc::default();
        let (open, decide, kept) = (Arc::new(open), Arc::new(decide), log.clone());
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (open, decide, log) = (open.clone(), decide.clone(), kept.clone());
                log.open.fetch_add(1, Ordering::Relaxed);
                thread::spawn(move || {
                    if let Some(wire) = open(socket) {
                        serve(wire, &*decide, &log);
                    }
                    log.open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        Server { address, log }
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Received> {
        self.log.seen.lock().expect("no panic in the server").clone()
    }

    /// The connections that stand.
    pub fn open(&self) -> usize {
        self.log.open.load(Ordering::Relaxed)
    }

    /// How many bytes went into answers without end.
    pub fn poured(&self) -> usize {
        self.log.poured.load(Ordering::Relaxed)
    }

    /// Options of a client of this server.
    pub fn options(&self) -> Options {
        options(&format!("http://{}", self.address))
    }
}

/// Options of a client at that URL.
pub fn options(url: &str) -> Options {
    Options {
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some(url.to_owned()),
        credentials: Some(StaticCredentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
        }),
        read_timeout: Some(10.0),
        ..Options::default()
    }
}

/// A new folder, which the test removes.
pub fn folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("chimeline-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a new folder");
    path
}

/// Runs an ignored test in a process of its own, for AWS's providers read the environment of theirs.
pub fn alone(test: &str, home: &Path, variables: &[(&str, &str)], input: Stdio) -> Output {
    let mut command = Command::new(std::env::current_exe().expect("the program of the tests"));
    command.args(["--exact", test, "--ignored"]).env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin");
    command.envs(variables.iter().copied()).stdin(input).output().expect("a process")
}

/// A created pipeline, as the service answers.
pub const CREATED: &str = r#"{"MediaCapturePipeline":{"MediaPipelineId":"p","Status":"Initializing"}}"#;

/// Creates a capture pipeline on this thread, and reads the answer.
pub fn create(client: &Client) -> Result<Response, Error> {
    send(client, &creation(client, "arn:sink"))
}

/// The same on the I/O thread.
pub fn create_on_io_thread(client: &Client) -> Result<Response, Error> {
    send_on_io_thread(client, creation(client, "arn:sink"))
}

/// The call that creates a capture pipeline into that sink.
pub fn creation(client: &Client, sink: &str) -> Call {
    let input = json!({
        "SourceType": "ChimeSdkMeeting", "SourceArn": "arn:source", "SinkType": "S3Bucket", "SinkArn": sink,
    });
    let operation = client.service().operation("CreateMediaCapturePipeline").expect("a known operation");
    client.prepare(operation, &input).expect("a good input")
}

/// Sends a creation on this thread, and reads the answer.
pub fn send(client: &Client, call: &Call) -> Result<Response, Error> {
    readable(client, client.call_blocking(call, &mut || true)?)
}

/// The same on the I/O thread.
pub fn send_on_io_thread(client: &Client, call: Call) -> Result<Response, Error> {
    let (done, outcome) = std::sync::mpsc::channel();
    client.start(call, move |result| drop(done.send(result))).expect("a running thread");
    readable(client, outcome.recv_timeout(Duration::from_secs(20)).expect("an outcome")?)
}

fn readable(client: &Client, response: Response) -> Result<Response, Error> {
    let operation = client.service().operation("CreateMediaCapturePipeline").expect("a known operation");
    client.decode(operation, &response, &mut JsonBuilder::default())?;
    Ok(response)
}

/// A client of the legacy service that does not wait between attempts and sees nothing of the environment.
pub fn isolated(options: &Options) -> Client {
    let sleep = |_| -> Pin<Box<dyn Future<Output = ()> + Send>> { Box::pin(std::future::ready(())) };
    let env = Environment { sleep: Arc::new(sleep), variables: Variables::default(), ..Environment::default() };
    Client::in_world(chimeline_core::service("chime").expect("a known service"), options, env).expect("a client")
}

/// A client of the legacy service.
pub fn client(options: &Options) -> Client {
    Client::new(chimeline_core::service("chime").expect("a known service"), options).expect("a client")
}

/// A connection as the server has it, over TLS or not.
pub trait Wire: Read + Write {
    fn socket(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

/// The end of a connection will be a reset.
pub fn reset(socket: &TcpStream) {
    socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO)).expect("a TCP socket");
}

fn serve(wire: Box<dyn Wire>, decide: &dyn Fn(&Received) -> Step, log: &Log) {
    let mut reader = BufReader::new(wire);
    while let Some(seen) = read(&mut reader) {
        let step = decide(&seen);
        log.seen.lock().expect("no panic in the server").push(seen);
        let wire = reader.get_mut();
        // The client may have gone meanwhile.
        let mut write = |bytes: &[u8]| wire.write_all(bytes).and_then(|()| wire.flush()).is_ok();
        match step {
            Step::Answer(bytes) => {
                write(&bytes);
                continue;
            }
            Step::AnswerThenClose(bytes) => drop(write(&bytes)),
            Step::Close => {}
            Step::Reset => reset(wire.socket()),
            Step::AnswerThenReset(bytes) => {
                write(&bytes);
                // What was written has to arrive first.
                thread::sleep(Duration::from_millis(5));
                reset(wire.socket());
            }
            Step::Stall => drop(wire.read(&mut [0])),
            Step::AnswerThenStall(bytes) => {
                write(&bytes);
                drop(wire.read(&mut [0]));
            }
            Step::Trickle(bytes, pause) => {
                for byte in bytes {
                    if !write(&[byte]) {
                        return;
                    }
                    thread::sleep(pause);
                }
                continue;
            }
            Step::Endless(head, more) => {
                write(&head);
                while write(&more) {
                    log.poured.fetch_add(more.len(), Ordering::Relaxed);
                }
            }
        }
        return;
    }
}

fn read(reader: &mut impl BufRead) -> Option<Received> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Received { head, body: String::from_utf8(body).ok()? })
}
