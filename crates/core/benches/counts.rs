//! One step of a call, made as often as its second argument says: for tools that count instructions and system calls, which take the
//! difference of two runs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use bytes::Bytes;
use chimeline_core::testing::measuring;
use chimeline_core::{Client, Options, StaticCredentials, service};
use serde_json::{Value, json};

const REQUEST: &str = include_str!("../../../tests/bench/data/request.json");
const RESPONSE: &str = include_str!("../../../tests/bench/data/response.json");

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[expect(unsafe_code, reason = "only an allocator sees every allocation")]
// SAFETY: it does what the system's allocator does, and counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(ptr, layout, size) }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let Some(step) = arguments.next() else { return };
    if step == "serve" {
        return serve();
    }
    let times: u64 = arguments.next().and_then(|times| times.parse().ok()).expect("how often");
    let peer = Peer::start();
    let (client, operation) = client(&peer.url);
    let input: Value = serde_json::from_str(REQUEST).expect("JSON");
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    match step.as_str() {
        "encode" => (0..times).for_each(|_| drop(client.prepare(operation, &input).expect("valid"))),
        "sign" => {
            let call = client.prepare(operation, &input).expect("valid");
            (0..times).for_each(|_| assert!(measuring::sign(&client, &call).expect("signed") > 0));
        }
        "decode" => decoded(&client, "CreateMediaCapturePipeline", RESPONSE.to_owned(), times),
        "decode-page" => decoded(&client, "ListMediaCapturePipelines", page(), times),
        "blocking" => {
            for _ in 0..times {
                let call = client.prepare(operation, &input).expect("valid");
                client.call_blocking(&call, &mut || true).expect("a response");
            }
        }
        "io-thread" => {
            let (done, outcomes) = mpsc::channel();
            for _ in 0..times {
                let (call, done) = (client.prepare(operation, &input).expect("valid"), done.clone());
                client.start(call, move |outcome| drop(done.send(outcome)));
                outcomes.recv().expect("an outcome").expect("a response");
            }
        }
        other => panic!("no step {other}"),
    }
    println!("{}", ALLOCATIONS.load(Ordering::Relaxed) - before);
}

fn client(url: &str) -> (Client, &'static chimeline_core::schema::Operation) {
    let service = service("chime").expect("a service");
    let credentials = StaticCredentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: None,
    };
    let options = Options {
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some(url.to_owned()),
        credentials: Some(credentials),
        ..Options::default()
    };
    let client = Client::new(service, &options).expect("good options");
    (client, service.operation("CreateMediaCapturePipeline").expect("an operation"))
}

fn decoded(client: &Client, operation: &str, body: String, times: u64) {
    let body = Bytes::from(body);
    let operation = client.service().operation(operation).expect("an operation");
    (0..times).for_each(|_| assert!(measuring::decode(client, operation, body.clone()).expect("readable") > 0));
}

/// The longest page: 99 full pipelines.
fn page() -> String {
    let response: Value = serde_json::from_str(RESPONSE).expect("JSON");
    let pipeline = &response["MediaCapturePipeline"];
    json!({"MediaCapturePipelines": vec![pipeline; 99], "NextToken": "next"}).to_string()
}

/// The process that answers, so that what is counted is the client alone.
struct Peer {
    process: Child,
    url: String,
}

impl Peer {
    fn start() -> Peer {
        let this = std::env::current_exe().expect("a path");
        let mut process =
            Command::new(this).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut url).expect("a line");
        Peer { process, url: url.trim().to_owned() }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    // Until whoever started it has gone.
    let _ = std::io::stdin().read(&mut [0]);
}

fn answer(stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    let response = format!(
        "HTTP/1.1 201 Created\r\ndate: Thu, 29 Feb 2024 12:34:56 GMT\r\ncontent-type: application/json\r\n\
         x-amzn-requestid: 5c7de71a-b4aa-5a43-9ef1-56b9a9dd9e6f\r\ncontent-length: {}\r\n\r\n{RESPONSE}",
        RESPONSE.len()
    );
    let mut line = String::new();
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let (name, value) = line.trim_end().split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            } else if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        writer.write_all(response.as_bytes()).ok()?;
    }
}
