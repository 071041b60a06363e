//! A real API server behind a proxy that can break the connection, refuse, and answer in the server's place.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::api::{Request, lock, read_request, write_kubeconfig};
use crate::{Reply, TestCluster, wait_until};

/// Time between two looks for a new connection.
const PAUSE: Duration = Duration::from_millis(10);

/// Time for a port to be free again.
const REBIND: Duration = Duration::from_secs(10);

/// What happens to a request instead of being answered.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This is answered, and the request is not passed on.
    Answer(Reply),
    /// It is passed on, and the connection is reset instead of the answer.
    LostAnswer,
}

impl Fault {
    /// A watch that begins, and says that its `resourceVersion` is too old.
    pub fn expired() -> Self {
        let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "too old resource version", "reason": "Expired", "code": 410});
        Self::Answer(Reply::watch_finished(&[json!({"type": "ERROR", "object": status})]))
    }
}

struct Rule {
    applies: Box<dyn Fn(&Request) -> bool + Send>,
    fault: Fault,
    left: usize,
}

#[derive(Default)]
struct State {
    rules: Mutex<Vec<Rule>>,
    requests: Mutex<Vec<Request>>,
    connections: Mutex<Vec<TcpStream>>,
    faults: AtomicUsize,
    down: AtomicBool,
    stopped: AtomicBool,
}

/// The cluster's API server through the proxy, as the user of the tests' kubeconfig.
pub struct FaultyApi {
    address: SocketAddr,
    state: Arc<State>,
    upstream: Child,
    directory: TempDir,
}

impl FaultyApi {
    /// Starts on a free port of 127.0.0.1; what leaves it goes through `kubectl proxy`, which knows the credentials.
    #[track_caller]
    pub fn start(cluster: &TestCluster) -> Self {
        let mut command = cluster.command(["proxy", "--port=0"]);
        let mut upstream = command.stdout(Stdio::piped()).spawn().expect("kubectl proxy starts");
        let mut line = String::new();
        let stdout = upstream.stdout.take().expect("kubectl proxy has an output");
        BufReader::new(stdout).read_line(&mut line).expect("kubectl proxy says where it serves");
        let server = line.trim().rsplit(' ').next().and_then(|address| address.parse().ok());
        let server = server.unwrap_or_else(|| panic!("kubectl proxy says {line:?}"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = Arc::new(State::default());
        let serving = Arc::clone(&state);
        std::thread::spawn(move || accept(listener, address, server, &serving));
        Self { address, state, upstream, directory: TempDir::new().expect("a directory for the kubeconfig") }
    }

    /// Writes a kubeconfig for it.
    pub fn kubeconfig(&self) -> PathBuf {
        write_kubeconfig(self.directory.path(), &format!("http://{}", self.address), "{}")
    }

    /// The next `times` requests of this kind meet with this fault.
    pub fn inject(&self, applies: impl Fn(&Request) -> bool + Send + 'static, fault: Fault, times: usize) {
        lock(&self.state.rules).push(Rule { applies: Box::new(applies), fault, left: times });
    }

    /// Does this once, before the first request of this kind is passed on.
    pub fn before(
        &self,
        applies: impl Fn(&Request) -> bool + Send + 'static,
        done: impl FnOnce() + Send + 'static,
    ) {
        let done = Mutex::new(Some(done));
        let never = move |request: &Request| {
            if applies(request)
                && let Some(done) = lock(&done).take()
            {
                done();
            }
            false
        };
        self.inject(never, Fault::LostAnswer, 1);
    }

    /// Cuts every connection that is open now.
    pub fn cut(&self) {
        for connection in lock(&self.state.connections).drain(..) {
            reset(&connection);
        }
    }

    /// Refuses connections from now on, and cuts those that are open.
    pub fn down(&self) {
        self.state.down.store(true, Ordering::Relaxed);
        wait_until(REBIND, "connections to be refused", || TcpStream::connect(self.address).err());
        self.cut();
    }

    /// Serves again.
    pub fn up(&self) {
        self.state.down.store(false, Ordering::Relaxed);
    }

    /// Requests that met with a fault so far.
    pub fn faults(&self) -> usize {
        self.state.faults.load(Ordering::Relaxed)
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.state.requests).clone()
    }
}

impl Drop for FaultyApi {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::Relaxed);
        self.cut();
        // It is ours, so both work.
        let _ = self.upstream.kill();
        let _ = self.upstream.wait();
    }
}

/// A connection that is reset, and not closed in an orderly way.
fn reset(connection: &TcpStream) {
    // Already closed is as good.
    let _ = socket2::SockRef::from(connection).set_linger(Some(Duration::ZERO));
    let _ = connection.shutdown(Shutdown::Both);
}

fn accept(listener: TcpListener, address: SocketAddr, server: SocketAddr, state: &Arc<State>) {
    let mut listener = Some(listener);
    while !state.stopped.load(Ordering::Relaxed) {
        if state.down.load(Ordering::Relaxed) {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(address).ok();
        }
        let accepted = listener.as_ref().and_then(|listener| {
            listener.set_nonblocking(true).ok()?;
            listener.accept().ok()
        });
        let Some((stream, _)) = accepted else {
            std::thread::park_timeout(PAUSE);
            continue;
        };
        let state = Arc::clone(state);
        std::thread::spawn(move || {
            // A client or a server that goes is no failure of the proxy.
            let _ = serve(stream, server, &state);
        });
    }
}

/// One request a connection.
fn serve(mut stream: TcpStream, server: SocketAddr, state: &State) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    lock(&state.connections).push(stream.try_clone()?);
    let Some(request) = read_request(&mut BufReader::new(stream.try_clone()?))? else { return Ok(()) };
    lock(&state.requests).push(request.clone());
    match fault(state, &request) {
        Some(Fault::Answer(reply)) => {
            reply.header("Connection", "close").play(&mut stream, &request, |_| None)?;
            stream.shutdown(Shutdown::Both)
        }
        Some(Fault::LostAnswer) => {
            pass_on(&request, server)?.read_to_end(&mut Vec::new())?;
            reset(&stream);
            Ok(())
        }
        None => {
            let mut answer = pass_on(&request, server)?;
            std::io::copy(&mut answer, &mut stream)?;
            stream.shutdown(Shutdown::Both)
        }
    }
}

fn fault(state: &State, request: &Request) -> Option<Fault> {
    let mut rules = lock(&state.rules);
    let rule = rules.iter_mut().find(|rule| rule.left > 0 && (rule.applies)(request))?;
    rule.left -= 1;
    state.faults.fetch_add(1, Ordering::Relaxed);
    Some(rule.fault.clone())
}

/// The connection on which the server answers; it ends with the answer.
fn pass_on(request: &Request, server: SocketAddr) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(server)?;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&request.query).finish();
    let mut lines = vec![format!("{} {}?{query} HTTP/1.1", request.method, request.path)];
    let passed = request.headers.iter().filter(|(name, _)| name != "connection" && name != "content-length");
    lines.extend(passed.map(|(name, value)| format!("{name}: {value}")));
    lines.push("Connection: close".to_owned());
    let length = request.body.len();
    stream.write_all(format!("{}\r\nContent-Length: {length}\r\n\r\n", lines.join("\r\n")).as_bytes())?;
    stream.write_all(request.body.as_bytes())?;
    Ok(stream)
}
