//! As much of HTTP/1.1 as probes, curl and kubectl's proxy need: one request a connection, bodies ignored.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// What was asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
}

/// What is answered: a status and a line of text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Longest head of a request.
const HEAD: u64 = 64 * 1024;

/// Answers every connection in a thread of its own; no answer leaves the connection open.
pub(crate) fn serve<F>(listener: &TcpListener, answer: &F)
where
    F: Fn(&Request) -> Option<Answer> + Send + Sync + Clone + 'static,
{
    for connection in listener.incoming().flatten() {
        let answer = answer.clone();
        thread::spawn(move || {
            // Whoever hung up needs no answer.
            let _ = converse(&connection, answer);
        });
    }
}

fn converse(connection: &TcpStream, answer: impl Fn(&Request) -> Option<Answer>) -> std::io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut head = BufReader::new(connection.take(HEAD));
    let mut line = String::new();
    head.read_line(&mut line)?;
    let request = parse(&line);
    while line.trim_end() != "" {
        line.clear();
        head.read_line(&mut line)?;
    }
    let answer = match request {
        Some(request) => answer(&request),
        None => Some(Answer { status: 400, body: "not HTTP".to_owned() }),
    };
    match answer {
        Some(answer) => write(connection, &answer),
        None => wait_for_hang_up(connection),
    }
}

fn parse(line: &str) -> Option<Request> {
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some(Request { method: method.to_owned(), path: path.to_owned(), query: query.to_owned() })
}

fn write(mut connection: &TcpStream, answer: &Answer) -> std::io::Result<()> {
    let Answer { status, body } = answer;
    let length = body.len() + 1;
    write!(
        connection,
        "HTTP/1.1 {status} {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}\n"
    )
}

fn wait_for_hang_up(mut connection: &TcpStream) -> std::io::Result<()> {
    connection.set_read_timeout(None)?;
    let mut ignored = [0; 1024];
    while connection.read(&mut ignored)? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_is_split() {
        assert_eq!(
            parse("POST /misbehave?not-ready=true HTTP/1.1\r\n"),
            Some(Request {
                method: "POST".to_owned(),
                path: "/misbehave".to_owned(),
                query: "not-ready=true".to_owned()
            })
        );
        assert_eq!(parse("\r\n"), None);
    }

    #[test]
    fn a_real_connection_is_answered() -> std::io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        thread::spawn(move || {
            serve(&listener, &|request: &Request| Some(Answer { status: 200, body: request.path.clone() }));
        });
        client.write_all(b"GET /here?x HTTP/1.1\r\nHost: stub\r\n\r\n")?;
        let mut text = String::new();
        client.read_to_string(&mut text)?;
        assert!(text.starts_with("HTTP/1.1 200 200\r\n") && text.ends_with("\r\n\r\n/here\n"), "{text}");
        Ok(())
    }
}
