//! Ten thousand calls, 64 at once, of a server that fails three requests of ten: none is lost, and none creates twice.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chimeline_core::{Client, Error, ErrorKind, Options};
use serde_json::Value;

use crate::support::{Received, Server, Step, answer, creation, isolated, send, send_on_io_thread};

const CALLS: usize = 10_000;
const AT_ONCE: usize = 64;
const LIMIT: f64 = 10.0;

/// What the server saw and did.
#[derive(Default)]
struct Books {
    /// The rng, one throw a request.
    thrown: u64,
    failed: usize,
    /// The pipelines, by the token of the request that created them.
    created: HashMap<String, String>,
    /// How often a token came again after its pipeline was created.
    again: usize,
    /// The tokens of each call, by the sink that only this call names.
    calls: HashMap<String, BTreeSet<String>>,
}

impl Books {
    /// Creates what the token stands for, unless it has before, and answers with it.
    fn create(&mut self, token: &str) -> Vec<u8> {
        let fresh = format!("pipeline-{}", self.created.len());
        let id = self.created.entry(token.to_owned()).or_insert(fresh);
        let body = format!("{{\"MediaCapturePipeline\":{{\"MediaPipelineId\":\"{id}\"}}}}");
        answer(201, body.len(), &body)
    }

    fn step(&mut self, seen: &Received) -> Step {
        let body: Value = serde_json::from_str(&seen.body).expect("a JSON body");
        let token = body["ClientRequestToken"].as_str().expect("a token").to_owned();
        let sink = body["SinkArn"].as_str().expect("a sink").to_owned();
        self.calls.entry(sink).or_default().insert(token.clone());
        self.again += usize::from(self.created.contains_key(&token));
        self.thrown += 1;
        let rng = mix(self.thrown) % 100;
        self.failed += usize::from(rng < 30);
        match rng {
            0..5 => Step::Close,
            5..9 => Step::Reset,
            9..13 => {
                self.create(&token);
                Step::Reset
            }
            13..18 => Step::error(500, "ServiceFailureException"),
            18..20 => {
                self.create(&token);
                Step::error(503, "ServiceUnavailableException")
            }
            20..25 => Step::error(429, "ThrottledClientException"),
            25..26 => Step::Stall,
            26..30 => {
                let mut whole = self.create(&token);
                whole.truncate(whole.len() - 1 - usize::try_from(rng).unwrap_or_default() / 2);
                Step::AnswerThenClose(whole)
            }
            30..32 => Step::Trickle(self.create(&token), Duration::from_micros(50)),
            _ => Step::Answer(self.create(&token)),
        }
    }
}

/// A number of a sequence that looks like chance and is the same in each run (splitmix64).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What one call comes to: the id of its pipeline, or an error.
fn one(client: &Client, sink: &str, on_io_thread: bool) -> Result<String, Error> {
    let call = creation(client, sink);
    let response = if on_io_thread { send_on_io_thread(client, call) } else { send(client, &call) }?;
    let body: Value = serde_json::from_slice(&response.body).expect("a JSON body");
    Ok(body["MediaCapturePipeline"]["MediaPipelineId"].as_str().expect("an id").to_owned())
}

/// What each call comes to, by its sink. A thread has a client of its own, for the quota for retries is a client's: a service
/// that fails for hours uses it up, by intent.
fn outcomes(options: &Options) -> HashMap<String, Result<String, Error>> {
    let threads: Vec<_> = (0..AT_ONCE)
        .map(|thread| {
            let options = options.clone();
            std::thread::spawn(move || {
                let client = isolated(&options);
                let call = |number: usize| {
                    let (sink, started) = (format!("arn:sink-{number}"), Instant::now());
                    let outcome = one(&client, &sink, thread % 2 == 0);
                    assert!(started.elapsed().as_secs_f64() < LIMIT + 2.0, "a call outlived its deadline: {outcome:?}");
                    (sink, outcome)
                };
                (thread..CALLS).step_by(AT_ONCE).map(call).collect::<Vec<_>>()
            })
        })
        .collect();
    threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
}

#[test]
fn no_call_is_lost_and_none_creates_twice() {
    let books = Arc::new(Mutex::new(Books::default()));
    let server = {
        let books = books.clone();
        Server::answering(move |seen| books.lock().expect("no panic in the server").step(seen))
    };
    let options =
        Options { timeout: Some(LIMIT), attempt_timeout: Some(0.5), max_attempts: Some(4), ..server.options() };
    let outcomes = outcomes(&options);
    let books = books.lock().expect("no panic in the server");

    // Each of the calls came to an end and to the server, with one token, and no two had the same.
    assert_eq!((outcomes.len(), books.calls.len()), (CALLS, CALLS));
    assert!(books.calls.values().all(|tokens| tokens.len() == 1));
    let tokens: BTreeSet<&String> = books.calls.values().flatten().collect();
    assert_eq!(tokens.len(), CALLS);
    let requests = usize::try_from(books.thrown).expect("a count");
    assert!((25..35).contains(&(books.failed * 100 / requests)), "{} of {requests} failed", books.failed);
    assert!(books.again > CALLS / 100, "only {} requests asked for what was created already", books.again);

    // A success tells of the pipeline that was created for this call: so the others that were created are of calls that failed.
    let mut failures = 0;
    for (sink, outcome) in &outcomes {
        match outcome {
            Ok(id) => assert_eq!(books.calls[sink].first().and_then(|token| books.created.get(token)), Some(id)),
            Err(error) => {
                use ErrorKind::{Client, ConnectionClosed, ReadTimeout};
                assert!(matches!(error.kind(), Client | ConnectionClosed | ReadTimeout), "{error}");
                assert!((1..=4).contains(&error.attempts().len()), "{error}");
                failures += 1;
            }
        }
    }
    assert!((1..CALLS / 10).contains(&failures), "{failures} calls failed");
}
