//! A body that is sent piece by piece, so that a response to the first pieces is read.
//!
//! A server that refuses a large request responds before it has read the body, and closes: the next write to that connection
//! fails, and with it the exchange. The HTTP client looks for a response before each piece that it takes from the body. So
//! the first piece leaves the server a moment to refuse the head, and between the others there is more time to look than to
//! write.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// The length of a piece, and of the longest body that is sent at once: requests of these services are shorter.
const PIECE: usize = 64 * 1024;

/// How long the first piece waits for a response to the head.
const AFTER_HEAD: Duration = Duration::from_millis(100);

/// How long each other piece waits for a response.
const BETWEEN_PIECES: Duration = Duration::from_millis(1);

/// The body of a request of `bytes`: whole where that is one piece.
pub(crate) fn body(bytes: Bytes) -> reqwest::Body {
    if bytes.len() <= PIECE { bytes.into() } else { reqwest::Body::wrap(LargeBody::new(bytes)) }
}

struct LargeBody {
    rest: Bytes,
    wait: Pin<Box<Sleep>>,
}

impl LargeBody {
    fn new(bytes: Bytes) -> LargeBody {
        LargeBody { rest: bytes, wait: Box::pin(sleep(AFTER_HEAD)) }
    }
}

impl Body for LargeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.wait.as_mut().poll(cx));
        self.wait.set(sleep(BETWEEN_PIECES));
        let length = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
