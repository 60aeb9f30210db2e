//! Ten thousand calls, 64 at once, of a server that fails three requests of ten: none is lost, and none creates twice.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chimeline_core::{Client, Error, Options};
use serde_json::Value;

use crate::support::{Seen, Server, Step, answer, create, create_on_io_thread, isolated};

const CALLS: usize = 10_000;
const AT_ONCE: usize = 64;
const LIMIT: f64 = 10.0;

/// What the server did, by the token that a request brought.
#[derive(Default)]
struct Books {
    /// The dice, one throw a request.
    thrown: u64,
    failed: usize,
    created: HashMap<String, String>,
    /// The tokens of each call, by its invocation id.
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

    fn step(&mut self, seen: &Seen) -> Step {
        let body: Value = serde_json::from_str(&seen.body).expect("a JSON body");
        let token = body["ClientRequestToken"].as_str().expect("a token").to_owned();
        let header = "amz-sdk-invocation-id: ";
        let invocation = seen.head.lines().find_map(|line| line.strip_prefix(header)).expect("an invocation id");
        self.calls.entry(invocation.to_owned()).or_default().insert(token.clone());
        self.thrown += 1;
        let dice = mix(self.thrown) % 100;
        self.failed += usize::from(dice < 30);
        match dice {
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
                whole.truncate(whole.len() - 1 - usize::try_from(dice).unwrap_or_default() / 2);
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

fn one(client: &Client, on_io_thread: bool) -> Result<String, Error> {
    let response = if on_io_thread { create_on_io_thread(client) } else { create(client) }?;
    let body: Value = serde_json::from_slice(&response.body).expect("a JSON body");
    Ok(body["MediaCapturePipeline"]["MediaPipelineId"].as_str().expect("an id").to_owned())
}

#[test]
fn no_call_is_lost_and_none_creates_twice() {
    let books = Arc::new(Mutex::new(Books::default()));
    let server = {
        let books = books.clone();
        Server::answering(move |seen| books.lock().expect("no panic in the server").step(seen))
    };
    let options = Options {
        timeout: Some(LIMIT),
        attempt_timeout: Some(0.5),
        max_attempts: Some(6),
        max_pool_connections: Some(64),
        ..server.options()
    };
    let threads: Vec<_> = (0..AT_ONCE)
        .map(|number| {
            // The quota for retries is a client's: a service that fails for hours uses it up, by intent.
            let (options, share) = (options.clone(), CALLS / AT_ONCE + usize::from(number < CALLS % AT_ONCE));
            std::thread::spawn(move || {
                let client = isolated(&options);
                let call = || {
                    let started = Instant::now();
                    let outcome = one(&client, number % 2 == 0);
                    assert!(started.elapsed().as_secs_f64() < LIMIT + 2.0, "a call outlived its deadline: {outcome:?}");
                    outcome
                };
                (0..share).map(|_| call()).collect::<Vec<_>>()
            })
        })
        .collect();
    let outcomes: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
    let books = books.lock().expect("no panic in the server");

    assert_eq!(outcomes.len(), CALLS);
    let requests = usize::try_from(books.thrown).expect("a count");
    assert!((25..35).contains(&(books.failed * 100 / requests)), "{} of {requests} failed", books.failed);
    let ids: Vec<&String> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
    let failures = CALLS - ids.len();
    assert!(ids.len() > CALLS * 9 / 10, "only {} calls succeeded", ids.len());
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(!error.attempts().is_empty(), "{error}");
    }

    // Each call had one token, and no two had the same.
    assert_eq!(books.calls.len(), CALLS);
    assert!(books.calls.values().all(|tokens| tokens.len() == 1));
    let tokens: BTreeSet<&String> = books.calls.values().flatten().collect();
    assert_eq!(tokens.len(), CALLS);
    // What was created was created once, for the call that tells of it; the rest is of calls that ended as errors.
    let told: BTreeSet<&String> = ids.iter().copied().collect();
    assert_eq!(told.len(), ids.len(), "two calls tell of one pipeline");
    let created: BTreeSet<&String> = books.created.values().collect();
    assert!(told.is_subset(&created));
    assert!(created.len() - told.len() <= failures);
}
