//! What the server answers.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;

use crate::options::Options;

/// Everything behind the socket.
#[derive(Debug)]
pub(crate) struct Service {
    options: Options,
}

impl Service {
    pub(crate) fn new(options: Options) -> Service {
        Service { options }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn advance(&self, _by: Duration) {}

    pub(crate) fn fail_next(&self, _times: usize, _status: u16, _code: &str) {}

    pub(crate) async fn answer(&self, _request: Request<Incoming>) -> Response<Full<Bytes>> {
        Response::new(Full::default())
    }
}
