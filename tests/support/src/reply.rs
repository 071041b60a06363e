//! What the fake API answers: a document, a refusal, a watch, or a fault.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

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
    Whole(String),
    /// Chunks, and how the stream ends.
    Stream(Vec<String>, End),
    /// No answer at all.
    Nothing(End),
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
    /// 200 with a document.
    pub fn json(document: &Value) -> Self {
        Self::text(200, &document.to_string()).header("Content-Type", "application/json")
    }

    /// A `metav1.Status`, as the API server refuses.
    pub fn refusal(code: u16, reason: &str, message: &str) -> Self {
        let status = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message,
                             "reason": reason, "code": code });
        Self { status: code, ..Self::json(&status) }
    }

    /// Any status with any text, as a gateway in between answers.
    pub fn text(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), delay: Duration::ZERO, body: Body::Whole(body.to_owned()) }
    }

    /// A watch that sends these events, one chunk each, and then stays silent.
    pub fn watch(events: &[Value]) -> Self {
        let chunks = events.iter().map(|event| format!("{event}\n")).collect();
        Self { body: Body::Stream(chunks, End::Open), ..Self::text(200, "") }
            .header("Content-Type", "application/json")
    }

    /// No answer: silence.
    pub fn silence() -> Self {
        Self { body: Body::Nothing(End::Open), ..Self::text(200, "") }
    }

    /// No answer: the connection is closed.
    pub fn close() -> Self {
        Self { body: Body::Nothing(End::Closed), ..Self::text(200, "") }
    }

    /// No answer: the connection is reset.
    pub fn reset() -> Self {
        Self { body: Body::Nothing(End::Reset), ..Self::text(200, "") }
    }

    /// A watch ends properly after its events.
    pub fn finished(self) -> Self {
        self.ending(End::Finished)
    }

    /// A watch is cut in the middle of a chunk after its events.
    pub fn cut(self) -> Self {
        self.ending(End::Closed)
    }

    fn ending(mut self, end: End) -> Self {
        if let Body::Stream(_, current) = &mut self.body {
            *current = end;
        }
        self
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

    /// Plays the reply; `false` ends the connection.
    pub(crate) fn play(&self, stream: &mut TcpStream) -> std::io::Result<bool> {
        #[expect(clippy::disallowed_methods, reason = "being late is what this reply is for")]
        std::thread::sleep(self.delay);
        match &self.body {
            Body::Whole(text) => {
                let head = self.head(&format!("Content-Length: {}", text.len()));
                stream.write_all(format!("{head}{text}").as_bytes())?;
                Ok(true)
            }
            Body::Stream(chunks, end) => {
                stream.write_all(self.head("Transfer-Encoding: chunked").as_bytes())?;
                for chunk in chunks {
                    stream.write_all(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes())?;
                }
                match end {
                    Finished => stream.write_all(b"0\r\n\r\n")?,
                    Closed => stream.write_all(b"ff\r\n{\"type\":")?,
                    Open | Reset => {}
                }
                end.play(stream)
            }
            Body::Nothing(end) => end.play(stream),
        }
    }

    fn head(&self, framing: &str) -> String {
        let mut lines = vec![format!("HTTP/1.1 {} Scripted", self.status), framing.to_owned()];
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        lines.join("\r\n") + "\r\n\r\n"
    }
}

use End::{Closed, Finished, Open, Reset};

impl End {
    fn play(self, stream: &mut TcpStream) -> std::io::Result<bool> {
        match self {
            Finished => return Ok(true),
            Open => while stream.read(&mut [0; 64])? > 0 {},
            Closed => stream.shutdown(Shutdown::Both)?,
            Reset => socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO))?,
        }
        Ok(false)
    }
}
