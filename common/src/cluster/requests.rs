//! Requests as JSON or text: reads with a bounded retry, writes without one.

use std::borrow::Cow;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use http::{Method, Request, Response, header};
use hyper::body::Bytes;
use kube::client::Body;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use tokio::time::Instant;

use super::client::{Transport, within};
use super::failure;
use crate::error::{Answer, Attempt, Cause, Error};

/// A read is tried three times at most.
const BACKOFF: ExponentialBuilder =
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(200)).with_max_times(2).with_jitter();
/// What all the pauses of one read may take together, `Retry-After` included.
const PATIENCE: Duration = Duration::from_secs(5);

/// One request to the API.
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) uri: String,
    pub(crate) content_type: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) body: Vec<u8>,
    /// For errors.
    pub(crate) attempt: Attempt,
}

/// Path and query; parameters without a value are left out.
pub(crate) fn uri(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    match query.finish().as_str() {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

impl Transport {
    /// Repeats what is worth repeating: 429, 5xx, lost connections. Not: 401, 403, 404, an expired deadline,
    /// and a server that never answered.
    pub(crate) async fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        self.parse(&self.repeated(call, |error| self.may_pass(error)).await?)
    }

    /// The same for a log. A 500 is not repeated: it says that the API server does not reach the kubelet.
    pub(crate) async fn read_log(&self, call: &Call) -> Result<Bytes, Error> {
        let failed = |error: &Error| error.answer().is_some_and(|answer| answer.code == 500);
        self.repeated(call, |error| self.may_pass(error) && !failed(error)).await
    }

    /// One request, one answer.
    pub(crate) async fn once(&self, call: &Call) -> Result<Value, Error> {
        self.parse(&self.answer(call).await?)
    }

    async fn repeated(&self, call: &Call, worth: impl Fn(&Error) -> bool) -> Result<Bytes, Error> {
        let start = Instant::now();
        (|| self.answer(call))
            .retry(BACKOFF)
            .when(worth)
            .adjust(|error, pause| {
                let pause =
                    pause?.max(error.answer().and_then(|answer| answer.retry_after).unwrap_or_default());
                (start.elapsed() + pause <= PATIENCE).then_some(pause)
            })
            .await
    }

    async fn answer(&self, call: &Call) -> Result<Bytes, Error> {
        let response = self.send(self.request(call)?).await?;
        let status = response.status();
        let retry_after = retry_after(&response);
        let body = match within(self.deadline(), response.into_body().collect_bytes()).await {
            Some(body) => body.map_err(|error| failure::classify(error, self.endpoint()))?,
            None => return Err(self.too_late()),
        };
        if !status.is_success() {
            return Err(self.refusal(call, status.as_u16(), retry_after, &body).into());
        }
        Ok(body)
    }

    fn parse<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Error> {
        let parsed = match String::from_utf8_lossy(body) {
            Cow::Borrowed(text) => serde_json::from_str(text),
            Cow::Owned(mended) => serde_json::from_str(&mended),
        };
        parsed.map_err(|error| {
            let what = if error.classify() == Category::Data { "cannot be read" } else { "is no JSON" };
            failure::after_sending(Cause::Other(format!("the answer {what}: {error}")), self.endpoint())
        })
    }

    fn request(&self, call: &Call) -> Result<Request<Body>, Error> {
        let request = Request::builder()
            .method(call.method.clone())
            .uri(&call.uri)
            .header(header::ACCEPT, call.accept)
            .header(header::CONTENT_TYPE, call.content_type);
        request
            .body(Body::from(call.body.clone()))
            .map_err(|error| failure::before_sending(Cause::Other(error.to_string()), self.endpoint()))
    }

    fn refusal(&self, call: &Call, code: u16, retry_after: Option<Duration>, body: &[u8]) -> Answer {
        let attempt = call.attempt.clone();
        let status: Option<Value> =
            serde_json::from_slice(body).ok().filter(|body: &Value| body["kind"] == "Status");
        let (generic_reason, generic_message) = attempt.generic_answer(code, &String::from_utf8_lossy(body));
        let text = |field: &str, generic: &str| {
            let given =
                status.as_ref().and_then(|status| status[field].as_str()).filter(|text| !text.is_empty());
            given.unwrap_or(generic).to_owned()
        };
        Answer {
            endpoint: self.endpoint().clone(),
            code,
            reason: text("reason", &generic_reason),
            message: text("message", &generic_message),
            from_api_server: status.is_some(),
            retry_after,
            attempt,
        }
    }

    /// A server that has answered before and now refuses connections is restarting.
    fn may_pass(&self, error: &Error) -> bool {
        let restarting = self.was_contacted()
            && matches!(error, Error::Unreachable(error) if matches!(error.cause, Cause::Refused));
        restarting || error.may_pass()
    }
}

/// `Retry-After` in seconds, the only form that the API server uses.
fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?;
    value.to_str().ok()?.parse().ok().map(Duration::from_secs)
}
