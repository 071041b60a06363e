//! The one HTTP client of a process: kube's, without its retries, logging in as kubectl does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderValue, Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use super::config::Selected;
use super::credentials::Source;
use super::{failure, proxy, tls};
use crate::cli::ConnectionFlags;
use crate::error::{Cause, ConfigError, Endpoint, Error};

/// Longest time for one request, unless `--request-timeout` says otherwise.
const DEADLINE: Duration = Duration::from_secs(10);
/// Longest time for a connection; less than the deadline, so that it is known whether a write was sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// Longest silence on a connection: kube takes a silent watch up again after 30 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(35);
/// Seconds after which the API server ends a watch. kube asks for the time for which a watch may be silent, which would
/// end one as well that has something to say.
const WATCH_LASTS: &str = "300";
/// Longest silence where `--request-timeout=0` asks for none: the API server itself gives up after 60 s.
const SERVER_PATIENCE: Duration = Duration::from_secs(65);

/// Sends requests, with a credential that lives.
pub(crate) struct Transport {
    config: kube::Config,
    source: Source,
    endpoint: Endpoint,
    user: String,
    deadline: Option<Duration>,
    login: Mutex<Login>,
    contacted: AtomicBool,
}

/// The current log-in.
#[derive(Default)]
struct Login {
    client: Option<kube::Client>,
    expires: Option<Timestamp>,
    /// Counts the log-ins, so that of several requests refused at once only one renews.
    age: u64,
    /// One renewal after a 401 a process: what is refused after that stays refused.
    renewed: bool,
}

impl Transport {
    /// Makes no request; what is wrong with fixed credentials shows here.
    pub(crate) fn new(
        selected: Selected,
        proxy: Option<http::Uri>,
        flags: &ConnectionFlags,
    ) -> Result<Self, Error> {
        let endpoint = Endpoint {
            context: selected.context.clone(),
            flags: flags.to_paste(selected.context.as_deref()),
            server: proxy::authority(&selected.server),
            proxy: proxy.as_ref().map(proxy::authority),
        };
        let deadline = match flags.request_timeout.map(SignedDuration::unsigned_abs) {
            None => Some(DEADLINE),
            Some(Duration::ZERO) => None,
            limit => limit,
        };
        let mut config = configure(&selected, proxy, deadline)?;
        let mut auth = selected.auth;
        let source = Source::take(&mut auth, &selected.user, &selected.cluster)?;
        check_provider(&auth, &selected.user)?;
        tls::load_identity(&mut auth, &selected.user)?;
        config.auth_info = auth;
        let login = Mutex::default();
        let contacted = AtomicBool::new(false);
        let mut transport =
            Self { config, source, endpoint, user: selected.user, deadline, login, contacted };
        if !transport.source.renews() {
            let client = transport.build(transport.config.clone())?;
            transport.login.get_mut().client = Some(client);
        }
        Ok(transport)
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Longest time for one request; none is no limit.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Whether the server has answered before: then a refused connection may be a restart of it.
    pub(crate) fn was_contacted(&self) -> bool {
        self.contacted.load(Ordering::Relaxed)
    }

    /// Logs in where that is still to be done.
    pub(crate) async fn ready(&self) -> Result<(), Error> {
        self.log_in(None).await.map(|_| ())
    }

    /// Sends one request and waits for the head of the answer.
    ///
    /// After a 401 a plugin's or file's credential is renewed, once, and the request, which was refused, sent again.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Error> {
        let (client, age) = self.log_in(None).await?;
        let (parts, body) = request.into_parts();
        let again = body.try_clone().map(|body| Request::from_parts(parts.clone(), body));
        let response = self.exchange(&client, Request::from_parts(parts, body)).await?;
        match again {
            Some(again) if response.status() == StatusCode::UNAUTHORIZED && self.source.renews() => {
                let (client, renewed) = self.log_in(Some(age)).await?;
                if renewed == age { Ok(response) } else { self.exchange(&client, again).await }
            }
            _ => Ok(response),
        }
    }

    async fn exchange(&self, client: &kube::Client, request: Request<Body>) -> Result<Response<Body>, Error> {
        let line = format!("{} {}{}", request.method(), self.base(), logged(request.uri()));
        let start = Instant::now();
        let answer = within(self.deadline, client.send(request)).await;
        let millis = start.elapsed().as_millis();
        match answer {
            Some(Ok(response)) => {
                self.contacted.store(true, Ordering::Relaxed);
                tracing::debug!(target: "request", "{line} {} in {millis} milliseconds", response.status());
                Ok(response)
            }
            Some(Err(error)) => {
                let error = failure::classify(error, &self.endpoint);
                tracing::debug!(target: "request", "{line} failed in {millis} milliseconds: {error}");
                Err(error)
            }
            None => {
                tracing::debug!(target: "request", "{line} without an answer in {millis} milliseconds");
                Err(self.too_late())
            }
        }
    }

    /// The request's time is over.
    pub(crate) fn too_late(&self) -> Error {
        failure::after_sending(Cause::Deadline(self.deadline.unwrap_or_default()), &self.endpoint)
    }

    fn base(&self) -> String {
        let url = &self.config.cluster_url;
        format!(
            "{}://{}{}",
            url.scheme_str().unwrap_or("http"),
            self.endpoint.server,
            url.path().trim_end_matches('/')
        )
    }

    /// A client with a live credential, and the count of its log-in. `refused` is the one that got a 401.
    ///
    /// Requests that come at the same time wait here for one run of the plugin.
    async fn log_in(&self, refused: Option<u64>) -> Result<(kube::Client, u64), Error> {
        let mut login = self.login.lock().await;
        let after_refusal = refused == Some(login.age) && !login.renewed;
        let expired = login.expires.is_some_and(|expires| expires <= Timestamp::now());
        if let Some(client) = &login.client
            && !after_refusal
            && !expired
        {
            return Ok((client.clone(), login.age));
        }
        let credential = self.source.fetch().await?;
        login.expires = credential.expires;
        let mut config = self.config.clone();
        credential.apply(&mut config.auth_info);
        let client = self.build(config)?;
        login.client = Some(client.clone());
        login.age += 1;
        login.renewed |= after_refusal;
        Ok((client, login.age))
    }

    fn build(&self, config: kube::Config) -> Result<kube::Client, Error> {
        let invalid = |field, reason: String| ConfigError::Value { field, owner: self.user.clone(), reason };
        // kube's layer panics on a token that cannot stand in a header.
        if let Some(token) = &config.auth_info.token
            && HeaderValue::from_str(token.expose_secret()).is_err()
        {
            return Err(invalid("token", "it has characters that no HTTP header may have".to_owned()).into());
        }
        kube::Client::try_from(config).map_err(|error| invalid("credentials", error.to_string()).into())
    }
}

/// What the log shows of an address: of `exec` not its query, which is the command line.
fn logged(uri: &http::Uri) -> String {
    if uri.path().ends_with("/exec") { uri.path().to_owned() } else { uri.to_string() }
}

/// `deadline` for a future; none came in time.
pub(crate) async fn within<T>(deadline: Option<Duration>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => tokio::time::timeout(deadline, future).await.ok(),
        None => Some(future.await),
    }
}

/// kube's configuration, without log-in.
fn configure(
    selected: &Selected,
    proxy: Option<http::Uri>,
    deadline: Option<Duration>,
) -> Result<kube::Config, ConfigError> {
    let mut config = kube::Config::new(selected.server.clone());
    config.default_namespace.clone_from(&selected.namespace);
    config.root_cert = tls::roots(selected)?;
    config.accept_invalid_certs = selected.cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.tls_server_name.clone_from(&selected.cluster.tls_server_name);
    config.disable_compression = selected.cluster.disable_compression.unwrap_or(false);
    config.proxy_url = proxy;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(deadline.map_or(SERVER_PATIENCE, |deadline| deadline.max(IDLE_TIMEOUT)));
    config.write_timeout = config.read_timeout;
    config.reset_reader_on_write = true;
    config.default_retry = false;
    let agent = HeaderValue::from_static(concat!("kubectl-sk/", env!("CARGO_PKG_VERSION")));
    config.headers = vec![(http::header::USER_AGENT, agent)];
    Ok(config)
}

/// `auth-provider`: OIDC is kube's; the others went from client-go with 1.26.
fn check_provider(auth: &kube::config::AuthInfo, user: &str) -> Result<(), ConfigError> {
    match &auth.auth_provider {
        Some(provider) if provider.name != "oidc" => Err(ConfigError::Value {
            field: "auth-provider",
            owner: user.to_owned(),
            reason: format!(
                "no Auth Provider found for name {:?}; use its credential plugin (exec)",
                provider.name
            ),
        }),
        _ => Ok(()),
    }
}

/// kube's client over this transport, for watches.
pub(crate) fn kube_client(transport: Arc<Transport>, namespace: &str) -> kube::Client {
    let service = tower::service_fn(move |request: Request<Body>| {
        let transport = Arc::clone(&transport);
        async move { transport.send(longer(request)).await }
    });
    kube::Client::new(service, namespace)
}

/// The request with [`WATCH_LASTS`], if it is a watch.
fn longer(mut request: Request<Body>) -> Request<Body> {
    let Some((path, query)) = request.uri().path_and_query().and_then(|uri| uri.as_str().split_once('?'))
    else {
        return request;
    };
    if !query.split('&').any(|parameter| parameter == "watch=true") {
        return request;
    }
    let parameters: Vec<_> = query
        .split('&')
        .map(|parameter| match parameter.strip_prefix("timeoutSeconds=") {
            Some(_) => format!("timeoutSeconds={WATCH_LASTS}"),
            None => parameter.to_owned(),
        })
        .collect();
    // Nothing but digits were replaced by digits.
    if let Ok(uri) = format!("{path}?{}", parameters.join("&")).parse() {
        *request.uri_mut() = uri;
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_may_last_longer_than_it_may_be_silent() {
        for (asked, sent) in [
            ("/api/v1/pods?watch=true&timeoutSeconds=25", "/api/v1/pods?watch=true&timeoutSeconds=300"),
            (
                "/api/v1/pods?timeoutSeconds=25&labelSelector=a%3Db&watch=true",
                "/api/v1/pods?timeoutSeconds=300&labelSelector=a%3Db&watch=true",
            ),
            ("/api/v1/pods?limit=500&timeoutSeconds=25", "/api/v1/pods?limit=500&timeoutSeconds=25"),
            ("/api/v1/pods?limit=500", "/api/v1/pods?limit=500"),
            ("/api/v1/pods", "/api/v1/pods"),
        ] {
            let request = Request::builder().uri(asked).body(Body::empty()).unwrap();
            assert_eq!(longer(request).uri(), sent);
        }
    }

    #[test]
    fn the_log_shows_no_command_line() {
        let pod = "/api/v1/namespaces/shop/pods/web-1";
        for (asked, shown) in
            [("exec?command=curl&command=-s", "exec"), ("log?container=app", "log?container=app")]
        {
            let uri = format!("{pod}/{asked}").parse().unwrap();
            assert_eq!(logged(&uri), format!("{pod}/{shown}"));
        }
    }
}
