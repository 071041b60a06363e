//! What the fake API answers: a document, a refusal, a watch, or a fault.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Request;
use crate::wait::until;

/// Longest time for the request that a watch waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// One scripted answer.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    delay: Duration,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Whole(Vec<u8>),
    /// A document that depends on the request.
    Made(Maker<Value>),
    /// The events of a watch, and how it ends.
    Watch(Vec<Value>, End),
    /// The events of a watch, once a request of this method has come; they depend on it.
    Later(String, Maker<Vec<Value>>),
    /// No answer at all.
    Nothing(End),
}

#[derive(Clone)]
struct Maker<T>(Arc<dyn Fn(&Request) -> T + Send + Sync>);

impl<T> fmt::Debug for Maker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("made from a request")
    }
}

#[derive(Clone, Copy, Debug)]
enum End {
    /// As HTTP ends a stream.
    Finished,
    /// Silence, until the client goes.
    Open,
    /// The connection is closed in the middle.
    Closed,
    /// The connection is reset.
    Reset,
}

impl Reply {
    fn ok(body: Body) -> Self {
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Self { status: 200, headers, delay: Duration::ZERO, body }
    }

    /// 200 with a document.
    pub fn json(document: &Value) -> Self {
        Self::ok(Body::Whole(document.to_string().into_bytes()))
    }

    /// 200 with a document that is made from the request.
    pub fn made(make: impl Fn(&Request) -> Value + Send + Sync + 'static) -> Self {
        Self::ok(Body::Made(Maker(Arc::new(make))))
    }

    /// A `metav1.Status`, as the API server refuses.
    pub fn refusal(code: u16, reason: &str, message: &str) -> Self {
        let status = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message,
                             "reason": reason, "code": code });
        Self { status: code, ..Self::json(&status) }
    }

    /// The same with this status.
    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Any status with any text, as a gateway in between answers.
    pub fn text(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), delay: Duration::ZERO, body: Body::Whole(body.into()) }
    }

    /// 200 with what may be no text at all.
    pub fn bytes(body: Vec<u8>) -> Self {
        Self::ok(Body::Whole(body))
    }

    /// A watch that sends these events, one chunk each, and then stays silent.
    pub fn watch(events: &[Value]) -> Self {
        Self::ok(Body::Watch(events.to_vec(), End::Open))
    }

    /// A watch that is silent until a request of this method has come, and then sends events made from it.
    pub fn watch_after(method: &str, make: impl Fn(&Request) -> Vec<Value> + Send + Sync + 'static) -> Self {
        Self::ok(Body::Later(method.to_owned(), Maker(Arc::new(make))))
    }

    /// A watch that sends these events and ends properly.
    pub fn watch_finished(events: &[Value]) -> Self {
        Self::ok(Body::Watch(events.to_vec(), End::Finished))
    }

    /// A watch that sends these events and is cut in the middle of the next.
    pub fn watch_cut(events: &[Value]) -> Self {
        Self::ok(Body::Watch(events.to_vec(), End::Closed))
    }

    /// No answer: silence.
    pub fn silence() -> Self {
        Self::ok(Body::Nothing(End::Open))
    }

    /// No answer: the connection is closed.
    pub fn close() -> Self {
        Self::ok(Body::Nothing(End::Closed))
    }

    /// No answer: the connection is reset.
    pub fn reset() -> Self {
        Self::ok(Body::Nothing(End::Reset))
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Answers only after this time.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Answers `request`; `false` ends the connection. `seen` finds the first request of a method.
    pub(crate) fn play(
        &self,
        stream: &mut TcpStream,
        request: &Request,
        seen: impl Fn(&str) -> Option<Request>,
    ) -> std::io::Result<bool> {
        #[expect(clippy::disallowed_methods, reason = "being late is what this reply is for")]
        std::thread::sleep(self.delay);
        match &self.body {
            Body::Whole(text) => self.send(stream, text),
            Body::Made(make) => self.send(stream, (make.0)(request).to_string().as_bytes()),
            Body::Watch(events, end) => {
                self.begin(stream)?;
                send_events(stream, events)?;
                match end {
                    End::Finished => stream.write_all(b"0\r\n\r\n")?,
                    End::Closed => stream.write_all(b"ff\r\n{\"type\":")?,
                    End::Open | End::Reset => {}
                }
                end.play(stream)
            }
            Body::Later(method, make) => {
                self.begin(stream)?;
                if let Some(request) = until(PATIENCE, || seen(method)) {
                    send_events(stream, &(make.0)(&request))?;
                }
                End::Open.play(stream)
            }
            Body::Nothing(end) => end.play(stream),
        }
    }

    fn send(&self, stream: &mut TcpStream, body: &[u8]) -> std::io::Result<bool> {
        let head = self.head(&format!("Content-Length: {}", body.len()));
        stream.write_all(&[head.as_bytes(), body].concat())?;
        Ok(true)
    }

    fn begin(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        stream.write_all(self.head("Transfer-Encoding: chunked").as_bytes())
    }

    fn head(&self, framing: &str) -> String {
        let mut lines = vec![format!("HTTP/1.1 {} Scripted", self.status), framing.to_owned()];
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        lines.join("\r\n") + "\r\n\r\n"
    }
}

fn send_events(stream: &mut TcpStream, events: &[Value]) -> std::io::Result<()> {
    for event in events {
        let line = format!("{event}\n");
        stream.write_all(format!("{:x}\r\n{line}\r\n", line.len()).as_bytes())?;
    }
    Ok(())
}

impl End {
    fn play(self, stream: &mut TcpStream) -> std::io::Result<bool> {
        match self {
            Self::Finished => return Ok(true),
            Self::Open => while stream.read(&mut [0; 64])? > 0 {},
            Self::Closed => stream.shutdown(Shutdown::Both)?,
            Self::Reset => socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO))?,
        }
        Ok(false)
    }
}
