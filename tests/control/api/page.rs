//! The page: sessions, forms, and what the grants of a token allow.

use serde_json::json;

use crate::api::program::GET;
use crate::api::program::Program;
use crate::api::program::Reply;
use crate::api::program::Request;

const ORIGIN: (&str, &str) = ("origin", "http://control");

/// A browser that is signed in.
struct Tab<'p> {
    program: &'p Program,
    cookie: String,
}

impl<'p> Tab<'p> {
    /// Signs in with a token.
    fn new(program: &'p Program, token: &str) -> Tab<'p> {
        let reply = sign_in(program, token, &[ORIGIN]);
        assert_eq!(reply.status, 303, "{}", reply.text);
        let cookie = &reply.headers["set-cookie"];
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Tab { program, cookie }
    }

    fn get(&self, path: &str) -> Reply {
        let headers = [("cookie", &*self.cookie)];
        let request = Request {
            path,
            headers: &headers,
            ..GET
        };
        self.program.send(&request)
    }

    fn post(&self, path: &str, origin: &str, body: &str) -> Reply {
        let headers = [("cookie", &*self.cookie), ("origin", origin)];
        self.program.send(&Request {
            method: "POST",
            path,
            headers: &headers,
            body,
            ..GET
        })
    }

    /// The secret in the forms of this session.
    fn csrf(&self) -> String {
        let page = self.get("/environments/prod/replicas").text;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends a form as the page does.
    fn submit(&self, path: &str, fields: &str) -> Reply {
        let body = format!("csrf={}&{fields}", self.csrf());
        self.post(path, "http://control", &body)
    }
}

fn sign_in(program: &Program, token: &str, headers: &[(&str, &str)]) -> Reply {
    program.send(&Request {
        method: "POST",
        path: "/sign-in",
        headers,
        body: &format!("token={token}&next=/environments/prod/log"),
        ..GET
    })
}

#[test]
fn every_page_needs_a_session_and_has_strict_headers() {
    let program = Program::start(&[]);
    let tab = Tab::new(&program, &program.bootstrap());
    for path in [
        "/environments/prod",
        "/environments/prod/flags/pay.card",
        "/environments/prod/flags/pay.card/kill",
        "/environments/prod/flags/pay.card/set?percentage=20",
        "/environments/prod/log?flag=pay.card&from=2026-01-01",
        "/environments/prod/replicas",
        "/environments/prod/tokens",
        "/environments/prod/webhooks",
    ] {
        let stranger = program.send(&Request { path, ..GET });
        let location = stranger.headers.get("location").map(String::as_str);
        let location = location.unwrap_or_default();
        assert!(location.starts_with("/sign-in?next=%2F"), "{path}");
        assert!(!stranger.text.contains("pay.card"), "{path}");
        let page = tab.get(path);
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        let policy = &page.headers["content-security-policy"];
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
        assert_eq!(page.headers["cache-control"], "no-store");
        assert!(!page.text.contains(&program.bootstrap()), "{path}");
    }
    let stranger = program.send(&Request {
        path: "/environments/prod/flags/pay.card/receipts",
        ..GET
    });
    assert_eq!(stranger.status, 401);
    assert!(!program.log().contains(&program.bootstrap()));
}

#[test]
fn cookie_is_for_this_site_and_for_no_script() {
    let program = Program::start(&[]);
    let bootstrap = program.bootstrap();
    let reply = sign_in(&program, &bootstrap, &[ORIGIN]);
    assert_eq!(reply.headers["location"], "/environments/prod/log");
    let cookie = &reply.headers["set-cookie"];
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains(&bootstrap));
    let over_tls = sign_in(&program, &bootstrap, &[("origin", "https://control")]);
    assert!(over_tls.headers["set-cookie"].contains("; Secure"));
    let foreign = sign_in(&program, &bootstrap, &[("origin", "https://evil.example")]);
    assert_eq!(foreign.status, 403);
    let wrong = sign_in(&program, "fan_wrong", &[ORIGIN]);
    assert_eq!(wrong.status, 401);
    assert!(!wrong.headers.contains_key("set-cookie") && !wrong.text.contains("fan_wrong"));
}

#[test]
fn form_needs_its_secret_and_the_origin_of_the_page() {
    let program = Program::start(&[]);
    let tab = Tab::new(&program, &program.bootstrap());
    let (path, flag) = (
        "/environments/prod/flags/pay.card/kill",
        "/environments/prod/flags/pay.card",
    );
    let is_killed = || program.admin("GET", flag, "")["killed"] == true;
    let secret = tab.csrf();
    for (origin, csrf) in [
        ("http://control", ""),
        ("http://control", "x"),
        ("https://evil.example", &*secret),
        ("null", &*secret),
    ] {
        let reply = tab.post(path, origin, &format!("csrf={csrf}&reason=x"));
        assert_eq!(reply.status, 403, "{origin} {csrf}");
    }
    let other = Tab::new(&program, &program.bootstrap()).csrf();
    let reply = tab.post(path, "http://control", &format!("csrf={other}&reason=x"));
    assert_eq!(reply.status, 403, "of another session");
    assert!(!is_killed());
    let reply = tab.submit(path, "reason=");
    assert_eq!(reply.status, 422, "a kill needs a reason");
    assert!(reply.text.contains("role=\"alert\"") && !is_killed());
    let reply = tab.submit(path, "reason=too+slow");
    assert_eq!((reply.status, is_killed()), (303, true), "{}", reply.text);
    let page = tab.get(flag).text;
    assert!(page.contains("too slow") && page.contains("Restore…"));
    let reply = tab.submit("/sign-out", "");
    assert_eq!((reply.status, tab.get(flag).status), (303, 303));
}

#[test]
fn session_has_the_grants_of_its_token_and_ends_with_it() {
    let program = Program::start(&[]);
    let grant = json!({"verbs": ["kill"], "environment": "prod", "keyPrefix": "pay."});
    let (token, id) = program.make_token(&json!({"name": "ann", "grants": [grant]}));
    let tab = Tab::new(&program, &token);
    let list = tab.get("/environments/prod").text;
    assert!(list.contains("pay.card") && !list.contains("search</a>"));
    let flag = "/environments/prod/flags/pay.card";
    for (path, status) in [
        (flag, 200),
        ("/environments/prod/flags/search", 403),
        ("/environments/prod/flags/search/kill", 403),
        ("/environments/prod/flags/pay.card/restore", 403),
        ("/environments/prod/log", 403),
        ("/environments/staging", 403),
        ("/environments/staging/flags/pay.card", 403),
    ] {
        assert_eq!(tab.get(path).status, status, "{path}");
    }
    let denied = tab.get("/environments/prod/flags/search").text;
    assert!(
        denied.contains("it can be granted by bootstrap"),
        "{denied}"
    );
    let kill = |flag: &str| tab.submit(&format!("{flag}/kill"), "reason=x").status;
    assert_eq!(kill("/environments/prod/flags/search"), 403);
    assert_eq!(kill(flag), 303);
    for action in ["restore", "resume", "set"] {
        let reply = tab.submit(&format!("{flag}/{action}"), "reason=x&percentage=1");
        assert_eq!(reply.status, 403, "{action}");
    }
    assert_eq!(tab.submit("/environments/prod/webhooks", "").status, 403);
    let log = program.admin("GET", "/environments/prod/log?flag=pay.card", "");
    assert_eq!(log["events"][0]["actor"]["name"], "ann");
    program.call(
        &program.bootstrap(),
        "DELETE",
        &format!("/tokens/{id}"),
        "{}",
    );
    assert_eq!(tab.get(flag).status, 303, "the token was revoked");
}

#[test]
fn publishable_key_opens_no_session() {
    let program = Program::start(&[]);
    let grant = json!({"verbs": ["read"], "environment": "prod"});
    let origins = ["http://control"];
    let body =
        json!({"name": "shop", "kind": "publishable", "grants": [grant], "origins": origins});
    let (key, _) = program.make_token(&body);
    assert_eq!(sign_in(&program, &key, &[ORIGIN]).status, 401);
}

#[test]
fn what_somebody_types_stays_text() {
    let program = Program::start(&[]);
    let tab = Tab::new(&program, &program.bootstrap());
    let markup = "%3Cscript%3Ealert(1)%3C/script%3E%22%27";
    for path in [
        format!("/environments/prod?q={markup}&show={markup}&after={markup}"),
        format!("/environments/prod/log?flag={markup}&actor={markup}&kind={markup}&from={markup}"),
        format!("/environments/prod/flags/pay.card?user={markup}"),
        format!("/environments/prod/flags/{markup}"),
        format!("/environments/{markup}"),
        format!("/sign-in?next=/{markup}"),
    ] {
        let text = tab.get(&path).text;
        assert!(!text.contains("<script>alert"), "{path}: {text}");
        assert!(!text.contains("\"'\""), "{path}: {text}");
    }
}

#[test]
fn preview_changes_nothing_and_names_who_flips() {
    let program = Program::start(&[]);
    let tab = Tab::new(&program, &program.bootstrap());
    let flag = "/environments/prod/flags/search";
    let before = program.admin("GET", "/environments/prod", "")["revision"].clone();
    let preview = tab.get(&format!("{flag}/set?rollout=0&percentage=40")).text;
    assert!(
        preview.contains("30.00 % of users: from off to on, for example"),
        "{preview}"
    );
    let after = program.admin("GET", "/environments/prod", "")["revision"].clone();
    assert_eq!(before, after);
    let reply = tab.submit(
        &format!("{flag}/set"),
        "rollout=0&percentage=40&reason=week+two",
    );
    assert_eq!(reply.status, 303, "{}", reply.text);
    let page = tab.get(flag).text;
    assert!(page.contains("40 % of all other users get “on”."), "{page}");
    assert!(page.contains("set the percentage to 40"), "{page}");
    for percentage in ["", "x", "NaN", "inf"] {
        let path = format!("{flag}/set?percentage={percentage}");
        assert_eq!(tab.get(&path).status, 400, "{percentage}");
    }
    let reply = tab.submit(&format!("{flag}/set"), "percentage=140&reason=x");
    assert_eq!(reply.status, 422, "{}", reply.text);
}
