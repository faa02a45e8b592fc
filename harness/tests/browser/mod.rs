//! A headless Chromium to look at pages with, spoken to by its own protocol
//! over two file descriptors: no port, no web socket, and no crate that brings
//! a TLS library and a hundred others along.

// Each test binary uses a part of it.
#![allow(dead_code)]

use crate::common::{PATIENCE, eventually};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What it may be called, as systems differ.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Calm: no sandbox, since CI is root in a container; nothing to the network.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1400,1000",
    "--remote-debugging-pipe",
];

/// One tab of one browser of its own.
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    last: u64,
    session: Option<String>,
    /// Exceptions, and what the page or the browser wrote to the console.
    complaints: Vec<String>,
    /// The documents that are loaded, with everything in them.
    loaded: Vec<Value>,
    folder: TempDir,
}

/// Chromium, if there is one. Without, the test says so and ends; in CI it fails.
#[must_use]
pub fn chromium() -> Option<PathBuf> {
    let found = NAMES.iter().find_map(|name| which::which(name).ok());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "CI needs Chromium: apt-get install chromium");
        eprintln!("skipped: there is none of {} on PATH", NAMES.join(", "));
    }
    found
}

impl Browser {
    /// Starts one, with an empty tab.
    pub fn start(program: &Path) -> Browser {
        let folder = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(folder.path().join("stderr")).unwrap();
        // The protocol is spoken on descriptors 3 and 4, which only a shell can lay out.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap();
        let (to, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, from) = channel();
        std::thread::spawn(move || {
            let messages = BufReader::new(output).split(0);
            // Ends with the browser, or with the one who listens.
            for message in messages.map_while(Result::ok) {
                let Ok(value) = serde_json::from_slice(&message) else { break };
                if sender.send(value).is_err() {
                    break;
                }
            }
        });
        let mut browser =
            Browser { child, to, from, last: 0, session: None, complaints: vec![], loaded: vec![], folder };
        let tab = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({"targetId": tab, "flatten": true}));
        browser.session = attached["sessionId"].as_str().map(str::to_string);
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.call("Page.setLifecycleEventsEnabled", json!({"enabled": true}));
        browser
    }

    /// A folder that goes away with the browser.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// One command of the protocol and its result.
    #[track_caller]
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).unwrap_or_else(|e| panic!("{method}: {e}: {}", self.said()));
        loop {
            let answer = self.next();
            if answer["id"] == json!(self.last) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
        }
    }

    /// The next message; what it tells is kept.
    #[track_caller]
    fn next(&mut self) -> Value {
        let message = match self.from.recv_timeout(PATIENCE) {
            Ok(message) => message,
            Err(e) => panic!("the browser says nothing: {e}: {}", self.said()),
        };
        match message["method"].as_str() {
            Some("Page.lifecycleEvent") if message["params"]["name"] == "load" => {
                self.loaded.push(message["params"]["loaderId"].clone());
            }
            Some("Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded") => {
                self.complaints.push(message["params"].to_string());
            }
            Some(_) | None => {}
        }
        message
    }

    /// What it wrote to stderr, for a message.
    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default()
    }

    /// Goes to an address and waits until everything is there.
    #[track_caller]
    pub fn open(&mut self, url: &str) {
        let navigated = self.call("Page.navigate", json!({"url": url}));
        assert!(navigated["errorText"].is_null(), "{url}: {navigated}");
        let document = navigated["loaderId"].clone();
        let deadline = Instant::now() + PATIENCE;
        while !self.loaded.contains(&document) {
            assert!(Instant::now() < deadline, "{url} does not load");
            self.next();
        }
    }

    /// The value of an expression in the page.
    #[track_caller]
    pub fn eval(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let done = self.call("Runtime.evaluate", params);
        assert!(done["exceptionDetails"].is_null(), "{expression}: {}", done["exceptionDetails"]);
        done["result"]["value"].clone()
    }

    /// The text of an element as it is seen.
    #[track_caller]
    pub fn text(&mut self, selector: &str) -> String {
        let value = self.eval(&format!("document.querySelector({selector:?}).innerText"));
        value.as_str().unwrap_or_else(|| panic!("{selector} has no text")).to_string()
    }

    /// How many such elements are seen.
    #[track_caller]
    pub fn visible(&mut self, selector: &str) -> u64 {
        let all = format!("[...document.querySelectorAll({selector:?})]");
        self.eval(&format!("{all}.filter(e => e.checkVisibility()).length")).as_u64().unwrap()
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn wait(&mut self, expression: &str) {
        eventually(expression, || (self.eval(expression) == json!(true)).then_some(()));
    }

    /// Clicks the middle of an element, as a mouse does.
    #[track_caller]
    pub fn click(&mut self, selector: &str) {
        let middle = format!(
            "(() => {{ const e = document.querySelector({selector:?}); e.scrollIntoView({{block: 'center'}}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        );
        let at = self.eval(&middle);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Presses a key: `Escape`, `ArrowDown`, `/`.
    #[track_caller]
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "Tab" => 9,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => 0,
        };
        let mut down = json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code});
        match key {
            "Enter" => down["text"] = json!("\r"),
            _ if key.chars().count() == 1 => down["text"] = json!(key),
            _ => {}
        }
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}));
    }

    /// Types a text where the focus is.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// `light` or `dark`, as the person's system has it.
    #[track_caller]
    pub fn colour_scheme(&mut self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// The page never threw, and nobody complained on the console.
    #[track_caller]
    pub fn is_content(&mut self) {
        // A round trip, so that everything said before has come.
        self.eval("1");
        assert_eq!(self.complaints, [""; 0]);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It tidies up when asked to; what is left of its group does not stay.
        let close = json!({"id": self.last + 1, "method": "Browser.close"});
        let _ = self.to.write_all(format!("{close}\0").as_bytes());
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.child.try_wait().is_ok_and(|end| end.is_none()) && Instant::now() < deadline {
            // Only the pace of asking.
            std::thread::sleep(Duration::from_millis(5));
        }
        let kill = format!("kill -KILL -{}", self.child.id());
        let _ = Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}
