//! A fake API server on plain HTTP: answers by script and records every request.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

use crate::Reply;

/// A request that the fake API got.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Decoded, in order.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// As it came.
    pub body: String,
}

impl Request {
    /// The values of a header, in order.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in the body of {self:?}"))
    }

    fn matches(&self, method: &str, target: &str) -> bool {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let named = |folder: &str| self.path.strip_prefix(folder).is_some_and(|name| !name.contains('/'));
        self.method == method
            && (self.path == path || path.strip_suffix('*').is_some_and(named))
            && form_urlencoded::parse(query.as_bytes())
                .all(|wanted| self.query.iter().any(|(name, value)| wanted == (name.into(), value.into())))
    }
}

struct Route {
    method: String,
    target: String,
    replies: VecDeque<Reply>,
}

#[derive(Default)]
struct State {
    routes: Mutex<Vec<Route>>,
    requests: Mutex<Vec<Request>>,
    connections: Mutex<BTreeMap<usize, TcpStream>>,
    stopped: AtomicBool,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A fake API server; it stops when it is dropped.
pub struct FakeApi {
    address: SocketAddr,
    state: Arc<State>,
    directory: TempDir,
}

impl FakeApi {
    /// Starts on a free port of 127.0.0.1. What is not scripted gets the API server's `404 page not found`.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(State::default());
        let serving = Arc::clone(&state);
        std::thread::spawn(move || accept(&listener, &serving));
        Self { address, state, directory: TempDir::new().expect("a directory for the kubeconfig") }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Answers `method` on `target` with these replies in turn; the last one stays.
    ///
    /// `target` is a path, or a path with those parameters of the query that must be there; `*` at the path's end is any
    /// name. A later script for the same request replaces an earlier one.
    pub fn on(&self, method: &str, target: &str, replies: impl IntoIterator<Item = Reply>) -> &Self {
        let route = Route {
            method: method.to_owned(),
            target: target.to_owned(),
            replies: replies.into_iter().collect(),
        };
        assert!(!route.replies.is_empty(), "no reply for {method} {target}");
        lock(&self.state.routes).insert(0, route);
        self
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.state.requests).clone()
    }

    /// The requests so far with this method.
    pub fn requests_with(&self, method: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.method == method).collect()
    }

    /// Writes a kubeconfig whose context `fake` (user `tester`, namespace `default`) is this server.
    pub fn kubeconfig(&self) -> PathBuf {
        self.kubeconfig_with("{}")
    }

    /// The same with this YAML (in flow style) as the user.
    pub fn kubeconfig_with(&self, user: &str) -> PathBuf {
        write_kubeconfig(self.directory.path(), &self.url(), user)
    }
}

/// Writes a kubeconfig whose context `fake` is this server, with this YAML (in flow style) as the user.
pub(crate) fn write_kubeconfig(directory: &Path, server: &str, user: &str) -> PathBuf {
    let path = directory.join("config");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: fake\n\
         clusters: [{{name: fake, cluster: {{server: '{server}'}}}}]\n\
         contexts: [{{name: fake, context: {{cluster: fake, user: tester}}}}]\n\
         users: [{{name: tester, user: {user}}}]\n"
    );
    std::fs::write(&path, text).expect("the kubeconfig is written");
    path
}

impl Drop for FakeApi {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::Relaxed);
        for connection in lock(&self.state.connections).values() {
            // Already closed is as good.
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Wakes the accepting thread, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    for (number, stream) in listener.incoming().enumerate() {
        if state.stopped.load(Ordering::Relaxed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let state = Arc::clone(state);
        if let Ok(handle) = stream.try_clone() {
            lock(&state.connections).insert(number, handle);
        }
        std::thread::spawn(move || {
            // A client that goes is no failure of the server.
            let _ = serve(stream, &state);
            lock(&state.connections).remove(&number);
        });
    }
}

fn serve(mut stream: TcpStream, state: &State) -> std::io::Result<()> {
    if is_tls(&stream)? {
        return stream
            .write_all(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTPS request to an HTTP server.\n");
    }
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = read_request(&mut reader)? {
        let reply = next_reply(state, &request);
        lock(&state.requests).push(request.clone());
        let seen =
            |method: &str| lock(&state.requests).iter().find(|request| request.method == method).cloned();
        if !reply.play(&mut stream, &request, seen)? {
            return Ok(());
        }
    }
    Ok(())
}

/// A TLS client begins with a handshake record.
fn is_tls(stream: &TcpStream) -> std::io::Result<bool> {
    let mut first = [0];
    stream.peek(&mut first)?;
    Ok(first == [0x16])
}

fn next_reply(state: &State, request: &Request) -> Reply {
    let mut routes = lock(&state.routes);
    let route = routes.iter_mut().find(|route| request.matches(&route.method, &route.target));
    let reply = route.and_then(|route| match route.replies.len() {
        1 => route.replies.front().cloned(),
        _ => route.replies.pop_front(),
    });
    reply.unwrap_or_else(|| Reply::text(404, "404 page not found\n"))
}

pub(crate) fn read_request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let headers = read_headers(reader)?;
    let length =
        headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Ok(Some(Request {
        method,
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }))
}

fn read_headers(reader: &mut BufReader<TcpStream>) -> std::io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => return Ok(headers),
        }
    }
}
