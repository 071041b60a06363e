//! What is read from the ends of logs.

use proptest::prelude::*;

use super::*;

/// What a report says: the sentence, or the line where there is none.
fn told(log: &str) -> String {
    let error = last_error(log);
    error.map(|error| error.about.sentence().unwrap_or(error.line)).unwrap_or_default()
}

fn all_told(table: &[(&str, &str)]) {
    for (log, expected) in table {
        assert_eq!(told(log), *expected, "{log}");
    }
}

#[test]
fn types_are_words() {
    for line in [
        "FileNotFoundError: [Errno 2] No such file or directory: '/etc/app.yml'",
        "ModuleNotFoundError: No module named 'fastapi'",
        "java.io.FileNotFoundException: /etc/app/application.yml",
        "error: ResourceNotFoundException",
        "ResourceAccessException: I/O error on GET request for \"http://auth-svc:8080/keys\": Read timed out",
        "ERROR reading config.yaml took econnrefusedness",
    ] {
        assert_eq!(last_error(line).map(|error| error.about), Some(About::Other), "{line}");
    }
}

#[test]
fn addresses_are_no_times_and_no_places_in_source() {
    let something = "something it depends on refuses connections";
    all_told(&[
        (
            "INFO up\npanic: dial tcp 10.96.14.7:5432: connect: connection refused\n",
            "10.96.14.7:5432 refuses connections",
        ),
        ("Error: connect ECONNREFUSED 127.0.0.1:6379", "127.0.0.1:6379 refuses connections"),
        ("could not connect to server: Connection refused", something),
        ("2026/11/26 12:34:56 failed to connect to database: connection refused", something),
        ("2026-11-26 12:34:56,123 ERROR worker: Connection refused", something),
        (
            "2026-11-26T12:34 app.py:45 (Service.java:154) proc.go:271 node:dns:109:26 connection refused",
            something,
        ),
        ("main.go:27 connect: connection refused", something),
        ("{\"level\":50,\"pid\":1,\"msg\":\"error: connection refused\"}", something),
        ("dial tcp [::1]:5432: connect: connection refused", "[::1]:5432 refuses connections"),
        (
            "{\"level\":\"fatal\",\"error\":\"dial tcp 10.0.0.1:5432: connect: connection refused\",\"stacktrace\":\"main.main\\n\\t/app/main.go:27\\nruntime.main\\n\\t/usr/local/go/src/runtime/proc.go:271\"}",
            "10.0.0.1:5432 refuses connections",
        ),
        (
            "connect ECONNREFUSED 10.2.2.2:6379 at TCPConnectWrap.afterConnect (node:net:1611:16)",
            "10.2.2.2:6379 refuses connections",
        ),
        (
            "listen tcp 0.0.0.0:8080: bind: address already in use (see main.go:31)",
            "0.0.0.0:8080 is already in use",
        ),
        ("listen tcp :8080: bind: address already in use", ":8080 is already in use"),
        ("Error: listen EADDRINUSE: address already in use 0.0.0.0:3000", "0.0.0.0:3000 is already in use"),
        ("Error: listen EADDRINUSE :::3000", ":::3000 is already in use"),
        ("OSError: [Errno 98] Address already in use: ('0.0.0.0', 8000)", "0.0.0.0:8000 is already in use"),
        ("Web server failed to start. Port 8080 was already in use.", ":8080 is already in use"),
        (
            "psycopg2.OperationalError: connection to server at \"db.prod\" (10.0.0.9), port 5432 failed: Connection refused",
            "db.prod:5432 refuses connections",
        ),
        (
            "HTTPConnectionPool(host='auth-svc', port=8080): Max retries exceeded with url: /x (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f>: [Errno 111] Connection refused'))",
            "auth-svc:8080 refuses connections",
        ),
        (
            "could not connect to server: Connection refused Is the server running on host \"db.prod\" (10.0.0.9) and accepting TCP/IP connections on port 5432?",
            "db.prod:5432 refuses connections",
        ),
        (
            "org.postgresql.util.PSQLException: Connection to db.prod:5432 refused. Check that the hostname and port are correct",
            "db.prod:5432 refuses connections",
        ),
        ("Error 111 connecting to redis:6379. Connection refused.", "redis:6379 refuses connections"),
        ("connection refused, no connections on port 5432", something),
        ("error: dial postgres://billing:12345@db.prod/x: connection refused", something),
    ]);
}

#[test]
fn unknown_hosts_are_names() {
    let none = "a host name does not resolve";
    all_told(&[
        ("dial tcp: lookup db.shop on 10.96.0.10:53: no such host", "db.shop does not resolve"),
        ("dial tcp: lookup db on 10.96.0.10:53: no such host", "db does not resolve"),
        ("Error: getaddrinfo ENOTFOUND redis.shop.svc", "redis.shop.svc does not resolve"),
        (
            "Error: getaddrinfo EAI_AGAIN redis.prod\n    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:109:26)",
            "redis.prod does not resolve",
        ),
        ("socket.gaierror: [Errno -2] Name or service not known", none),
        ("lookup failed: no such host db-primary", "db-primary does not resolve"),
        ("lookup failed: no such host", none),
        ("12:34:56 getaddrinfo failed for https://api.stripe.com/v1", "api.stripe.com does not resolve"),
        ("getaddrinfo failed for https://me:pw@api.stripe.com:443/v1", "api.stripe.com does not resolve"),
        ("java.net.UnknownHostException: db.prod", "db.prod does not resolve"),
        (
            "psycopg2.OperationalError: could not translate host name \"db.prod\" to address: Name or service not known",
            "db.prod does not resolve",
        ),
    ]);
}

const NODE: &str = "node:events:497
      throw er; // Unhandled 'error' event
      ^

Error: connect ECONNREFUSED 127.0.0.1:6379
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)
Emitted 'error' event on Redis instance at:
    at emitErrorNT (node:internal/streams/destroy:169:8) {
  errno: -111,
  code: 'ECONNREFUSED',
  syscall: 'connect',
  address: '127.0.0.1',
  port: 6379
}

Node.js v20.1.0
";

#[test]
fn of_lines_that_say_the_same_the_one_with_the_address_is_told() {
    let line = |log: &str| last_error(log).map(|error| (error.about, error.line));
    let refused =
        |address: &str, line: &str| Some((About::Refused(Some(address.to_owned())), line.to_owned()));
    let told = "Error: connect ECONNREFUSED 127.0.0.1:6379";
    assert_eq!(line(NODE), refused("127.0.0.1:6379", told));
    let java = "org.postgresql.util.PSQLException: Connection to db.prod:5432 refused. Check it.";
    let frames = "\tat org.postgresql.Driver.connect(Driver.java:247)\n".repeat(60);
    let log = format!(
        "{java}\n{frames}Caused by: java.net.ConnectException: Connection refused\n{frames}\t... 60 more"
    );
    assert_eq!(line(&log), refused("db.prod:5432", java));
}

#[test]
fn what_was_survived_is_not_the_end() {
    let frames = "\tat com.corp.pkg54.FailService.method(Service.java:154)\n".repeat(60);
    let java = format!(
        "2026-11-26T12:34:56.789Z ERROR 1 --- [main] o.s.boot.SpringApplication : Application run failed\n\n\
         org.springframework.beans.BeanCreationException: Error creating bean\n{frames}\
         Caused by: java.net.ConnectException: Connection refused\n{frames}"
    );
    let refused = "db:5432 refuses connections";
    all_told(&[
        (
            "ERROR Failed to load plugin foo: permission denied (optional, skipped)\nINFO listening\nERROR Unhandled exception: NullPointerException at Cart.total",
            "ERROR Unhandled exception: NullPointerException at Cart.total",
        ),
        (
            "WARN connect to 10.9.9.9:4317: connection refused, tracing disabled\nINFO started\nERROR panic: nil map in cart.go:10",
            "ERROR panic: nil map in cart.go:10",
        ),
        (
            "ERROR listen tcp 0.0.0.0:8080: address already in use\nINFO retrying on 8081\nERROR fatal: schema version 41 is older than 42",
            "ERROR fatal: schema version 41 is older than 42",
        ),
        (
            "WARN otel-collector:4317: connection refused, retrying\npanic: nil pointer dereference",
            "panic: nil pointer dereference",
        ),
        (
            "ERROR db:5432: connection refused\nFATAL: schema too old, exiting",
            "FATAL: schema too old, exiting",
        ),
        ("ERROR db:5432: connection refused\nINFO retrying\nFATAL: giving up", "db:5432 refuses connections"),
        ("ERROR db:5432: connection refused\nFATAL: giving up", refused),
        ("ERROR db:5432: connection refused\n{\"level\":\"fatal\",\"msg\":\"giving up\"}", refused),
        (
            "ERROR db:5432: connection refused\nTraceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    raise Failed()\nSystemExit: 1",
            refused,
        ),
        (
            "sqlalchemy.exc.OperationalError: connection to server at \"db\", port 5432 failed: Connection refused\n\tIs the server running there, or did it fail?\n\n(Background on this error at: https://sqlalche.me/e/20/e3q8)",
            refused,
        ),
        (
            "panic: dial tcp db:5432: connect: connection refused\n\ngoroutine 1 [running]:\nmain.mustNotFail({0x4a, 0xc0})\n\t/app/main.go:27 +0x1d\nexit status 2",
            refused,
        ),
        (
            "ERROR db:5432: connection refused\npanic: failed to connect to database\n\ngoroutine 1 [running]:\nmain.onError(...)\n\t/app/main.go:27 +0x1d",
            refused,
        ),
        (
            "ERROR db:5432: connection refused\nthread 'main' panicked at src/main.rs:7:5:\nstartup failed\nnote: run with `RUST_BACKTRACE=1`\nstack backtrace:\n   0: core::panicking::panic_fmt\n             at /rustc/1/library/core/src/panicking.rs:75:14",
            refused,
        ),
        (
            "redis.ConnectionError: Error 111 connecting to db:5432. Connection refused.\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    raise Away()\napp.AwayError: no broker",
            refused,
        ),
        (
            "ERROR db:5432: connection refused\n INFO retrying\nERROR no cart, code ERR_CART",
            "ERROR no cart, code ERR_CART",
        ),
        (&java, "something it depends on refuses connections"),
        ("INFO waiting for db:5432: connection refused\nINFO sleeping", refused),
    ]);
}

#[test]
fn takes_the_last_error_and_else_the_last_line() {
    let frame = "at com.corp.pkg54.Service.method(Service.java:154)";
    all_told(&[
        ("ERROR one\nERROR two\nbye\n\n", "ERROR two"),
        ("starting\nwarming up", "warming up"),
        (
            "INFO reading config\nthread main panicked at src/main.rs:7:5",
            "thread main panicked at src/main.rs:7:5",
        ),
        ("ERROR no cart\n\tat com.corp.FailService.error(Service.java:154)", "ERROR no cart"),
        ("Unhandled: no cart\nat com.corp.FailService.error(Service.java:154)", "Unhandled: no cart"),
        ("ERROR no cart\nINFO 0 errors, bye", "ERROR no cart"),
        ("\u{1b}[31mERROR\u{1b}[0m no cart\n\u{1b}[32mINFO\u{1b}[0m 0 errors", "ERROR no cart"),
        (
            "E1126 12:34:56.1 1 main.go:3] no cart\nI1126 12:34:57.1 1 main.go:4] no error",
            "E1126 12:34:56.1 1 main.go:3] no cart",
        ),
        (
            "{\"level\":50,\"msg\":\"error\"}\n{\"level\":30,\"msg\":\"no error\"}",
            "{\"level\":50,\"msg\":\"error\"}",
        ),
        ("ERROR no cart\nlevel=info msg=\"0 errors\"", "ERROR no cart"),
        ("INFO 0 errors, bye", "INFO 0 errors, bye"),
        ("no cart\nexit status 2", "no cart"),
        (frame, frame),
        (
            "flag provided but not defined: -listen\nUsage of /app:\n  -addr string\n    \tlisten address, error if missing in config (default \":8080\")",
            "flag provided but not defined: -listen",
        ),
        ("fail: Microsoft.AspNetCore[0]\n      Failed to bind", "Failed to bind"),
        (
            "npm start\nTypeError: x is undefined\nnpm error code 1\nnpm error A complete log of this run",
            "TypeError: x is undefined",
        ),
        (
            "> node server.js\nnpm ERR! code EACCES\nnpm ERR! Error: EACCES: permission denied, mkdir '/app/.npm'\nnpm ERR! A complete log of this run",
            "it may not use /app/.npm",
        ),
        ("", ""),
        (" \n \n", ""),
    ]);
}

#[test]
fn what_says_only_that_it_ends_gives_way() {
    all_told(&[
        (
            "PANIC:  could not write to file \"pg_wal/x\": No space left on device\nLOG:  startup process was terminated\nLOG:  aborting startup due to startup process failure",
            "no space left on its disk",
        ),
        (
            "ModuleNotFoundError: No module named 'flask_cors'\nReason: Worker failed to boot.",
            "ModuleNotFoundError: No module named 'flask_cors'",
        ),
        (
            "[ERROR] [InnoDB] Unable to lock ./ibdata1\n[ERROR] [Server] Aborting",
            "[ERROR] [InnoDB] Unable to lock ./ibdata1",
        ),
        ("ERROR exiting\nFATAL giving up", "FATAL giving up"),
        (
            "thread 'main' panicked at src/config.rs:12:46:\nDATABASE_URL must be set: NotPresent\nnote: run with `RUST_BACKTRACE=1`",
            "setting DATABASE_URL is missing or wrong",
        ),
        (
            "thread 'main' panicked at src/main.rs:3:5:\nindex out of bounds: the len is 3\nnote: run with `RUST_BACKTRACE=1`",
            "index out of bounds: the len is 3",
        ),
    ]);
}

#[test]
fn a_part_of_a_name_is_no_word_about_settings() {
    for line in [
        "config.go:12: POST http://billing.prod:8080/v1/register: 404 Not Found",
        "failed to fetch config: Get \"http://config-server.prod:8888/x\": context deadline exceeded",
        "{\"level\":\"error\",\"message\":\"login failed\",\"config\":{\"host\":\"ldap.corp:636\"}}",
        "PHP Parse error: syntax error in /var/www/html/config/app.php on line 31",
    ] {
        assert_eq!(last_error(line).map(|error| error.about), Some(About::Other), "{line}");
    }
    assert_eq!(told("FATAL invalid configuration"), "its configuration is wrong or incomplete");
}

#[test]
fn colours_and_source_places_hide_no_address() {
    all_told(&[
        (
            "ERROR could not connect to \u{1b}[36mpg.prod:5432\u{1b}[0m (connection refused)",
            "pg.prod:5432 refuses connections",
        ),
        (
            "ERROR [com.acme.Db] (main:12) Operation failed: Connection refused to db.prod:5432",
            "db.prod:5432 refuses connections",
        ),
    ]);
}

#[test]
fn what_was_survived_lends_no_name() {
    all_told(&[
        (
            "ERROR open /var/cache/x: permission denied, going on without it\nERROR: permission denied for table users",
            "it may not do what it must",
        ),
        (
            "WARN otel-collector:4317: connection refused, retrying\npanic: connection refused",
            "something it depends on refuses connections",
        ),
    ]);
}

#[test]
fn names_the_thing() {
    all_told(&[
        ("FATAL missing required setting DATABASE_URL", "setting DATABASE_URL is missing or wrong"),
        ("Missing required environment variable: JWT_SECRET", "setting JWT_SECRET is missing or wrong"),
        ("Error: config key \"db.url\" is required", "setting db.url is missing or wrong"),
        ("Error: environment variable TOKEN is not set", "its configuration is wrong or incomplete"),
        ("Error [ERR_BAD]: config can't be read", "its configuration is wrong or incomplete"),
        ("PermissionError: [Errno 13] Permission denied: '/data/cache.db'", "it may not use /data/cache.db"),
        ("/app/main.go:31: open /etc/tls/key.pem: permission denied", "it may not use /etc/tls/key.pem"),
        ("open /etc/tls/key.pem: permission denied", "it may not use /etc/tls/key.pem"),
        ("listen tcp :443: bind: permission denied", "it may not listen on :443"),
        ("Error: listen EACCES: permission denied 0.0.0.0:80", "it may not listen on 0.0.0.0:80"),
        ("ERROR: permission denied for table users", "it may not do what it must"),
        ("mkdir /data: read-only file system", "/data is read-only"),
        ("error: Read-only file system", "a file system that it writes to is read-only"),
        ("write /data/wal: no space left on device", "no space left on its disk (/data/wal)"),
        ("No space left on device", "no space left on its disk"),
    ]);
}

#[test]
fn secrets_are_not_repeated() {
    let log = "ERROR postgres://billing:hunter2secret@db.prod:5432/x: connection refused, password=x";
    let shown = "ERROR postgres://billing:***@db.prod:5432/x: connection refused, password=***";
    let error = last_error(log).map(|error| (error.line, error.about));
    assert_eq!(error, Some((shown.to_owned(), About::Refused(Some("db.prod:5432".to_owned())))));
    assert_eq!(last_line(log).as_deref(), Some(shown));
}

#[test]
fn long_lines_are_cut() {
    assert_eq!((last_error(""), last_line(" \n")), (None, None));
    let many = format!("{}\n", "connection refused ('port 1 token:a".repeat(150)).repeat(LINES);
    assert!(last_error(&many).is_some());
    for part in ["é", "token:", "lookup ", "('", "connection refused ", " ", "port 1 ", "\"a\":"] {
        let log = format!("{}x", part.repeat(1_048_576 / part.len()));
        assert!(last_error(&log).is_some_and(|error| error.line.len() < 2_000), "{part}");
    }
}

proptest! {
    #[test]
    fn no_log_panics(
        parts in prop::collection::vec(prop_oneof![
            prop::sample::select(vec!["ERROR ", "connection refused", "connection to ", " refused", "lookup ", "no such host",
                "('", "', ", "port ", "8080", ":", "\"", "é", "İ", " ", "\t", "\n", "/data", "permission denied", "config", "at ",
                "://", "@", "giving up", "level", "{", "EADDRINUSE ", "Caused by: "]).prop_map(str::to_owned),
            any::<String>(),
        ], 0..16),
    ) {
        let log = parts.concat();
        prop_assert_eq!(last_error(&log).is_some(), last_line(&log).is_some());
    }
}
