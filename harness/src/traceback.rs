//! What the runtime prints when it dies: the chain of panics, and the frames
//! of tracebacks by function and line. Read without what it does not promise:
//! arguments, offsets, the runtime's own frames, numbers of goroutines.

use goabi_cases::case::Frame;
use goabi_cases::selector::glob;
use goabi_generators::program::Site;
use goabi_generators::traced::Traced;

/// One frame of a traceback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The function, without its arguments.
    pub function: String,
    pub file: String,
    pub line: u32,
}

/// One goroutine's traceback, the innermost frame first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goroutine {
    pub state: String,
    pub frames: Vec<Seen>,
}

/// Something that is not as it was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where, behind the vector's path.
    pub path: String,
    pub expected: String,
    pub actual: String,
}

/// What came of looking for frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// That many are as wanted.
    All(usize),
    Wrong(Vec<Wrong>),
    /// It cannot be told.
    Unknown(String),
}

/// The line with which the runtime begins to say why it dies, and those behind
/// it that belong to it.
#[must_use]
pub fn message(stderr: &str) -> Vec<&str> {
    let lines = stderr.lines().map(str::trim_end);
    let from = lines.skip_while(|l| !l.starts_with("panic: ") && !l.starts_with("fatal error: "));
    from.take_while(|l| !l.is_empty() && !l.starts_with("[signal ") && !l.starts_with("goroutine ")).collect()
}

/// Compares the runtime's message with the lines that are wanted: all but the
/// first are indented.
#[must_use]
pub fn chain(stderr: &str, wanted: &[String]) -> Option<Wrong> {
    let indented = |(i, l): (usize, &String)| if i == 0 { l.clone() } else { format!("\t{l}") };
    let (want, got): (Vec<String>, _) = (wanted.iter().enumerate().map(indented).collect(), message(stderr));
    let same = want.len() == got.len() && want.iter().zip(&got).all(|(w, g)| glob(w, g));
    let words = |l: &[&str]| if l.is_empty() { "nothing".to_string() } else { l.join(" / ").replace('\t', "\\t") };
    let want: Vec<&str> = want.iter().map(String::as_str).collect();
    (!same).then(|| Wrong { path: "chain".into(), expected: words(&want), actual: words(&got) })
}

/// The tracebacks of all goroutines that were printed.
#[must_use]
pub fn goroutines(stderr: &str) -> Vec<Goroutine> {
    let mut out: Vec<Goroutine> = Vec::new();
    let mut inside = false;
    let mut lines = stderr.lines().map(str::trim_end).peekable();
    while let Some(line) = lines.next() {
        if let Some((_, state)) = line.strip_prefix("goroutine ").and_then(|l| l.split_once('[')) {
            let state = state.split([',', ']']).next().unwrap_or_default().to_string();
            out.push(Goroutine { state, frames: vec![] });
            inside = true;
        } else if line.is_empty() {
            inside = false;
        } else if let (true, Some(g)) = (inside && !line.starts_with('\t'), out.last_mut()) {
            let Some(place) = lines.next_if(|l| l.starts_with('\t')) else { continue };
            let place = place.trim().split(' ').next().unwrap_or_default();
            let (Some((function, _)), Some((file, line))) = (line.rsplit_once('('), place.rsplit_once(':')) else {
                continue;
            };
            let Ok(line) = line.parse() else { continue };
            g.frames.push(Seen { function: function.to_string(), file: file.to_string(), line });
        }
    }
    out
}

/// The function of that name; for a closure the one it stands in.
fn traced<'a>(name: &str, all: &'a [Traced]) -> Option<&'a Traced> {
    let mut name = name;
    loop {
        if let Some(t) = all.iter().find(|t| t.name == name) {
            return Some(t);
        }
        // The body of a loop over a function.
        if let Some((outer, number)) = name.rsplit_once("-range")
            && number.chars().all(|c| c.is_ascii_digit())
        {
            name = outer;
            continue;
        }
        let (outer, last) = name.rsplit_once('.')?;
        let made = ["func", "deferwrap", "gowrap"].iter().any(|w| last.starts_with(w));
        if !made && !last.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        name = outer;
    }
}

fn place(s: &Seen) -> String {
    format!("{} {}:{}", s.function, s.file, s.line)
}

/// Looks for the wanted frames, in their order, in the traceback of the
/// goroutine that ran; where none ran, in that of any. `package` is the import
/// path of the case file's package. All frames of the case's own files must
/// have a line of their function, whether they are wanted or not.
#[must_use]
pub fn frames(stderr: &str, wanted: &[Frame], site: &Site, package: &str) -> Found {
    let full = |f: &Frame| match (&site.callee, f.function == Frame::CALLEE) {
        (Some(name), true) => Ok(name.clone()),
        (None, true) => Err("how tracebacks name the function under test is not known".to_string()),
        (_, false) => Ok(format!("{package}.{}", f.function)),
    };
    let names = match wanted.iter().map(full).collect::<Result<Vec<_>, _>>() {
        Ok(names) => names,
        Err(why) => return Found::Unknown(why),
    };
    if let Some(name) = names.iter().find(|n| traced(n, &site.traced).is_none()) {
        return Found::Unknown(format!("the program has no function {name}"));
    }
    let all = goroutines(stderr);
    let ran = all.iter().filter(|g| g.state.starts_with("running"));
    let candidates: Vec<&Goroutine> = if ran.clone().next().is_some() { ran.collect() } else { all.iter().collect() };
    let matched = candidates.iter().find_map(|g| {
        let mut rest = g.frames.iter();
        let found: Option<Vec<&Seen>> = names.iter().map(|n| rest.find(|s| s.function == *n)).collect();
        found.map(|f| (*g, f))
    });
    let Some((goroutine, found)) = matched else {
        if stderr.contains("bytes left out ...]") {
            return Found::Unknown("the middle of what the process printed was left out".into());
        }
        let own = |g: &&Goroutine| {
            let own = g.frames.iter().filter(|s| s.function.starts_with(package));
            own.map(|s| s.function.clone()).collect::<Vec<_>>().join(", ")
        };
        let seen: Vec<String> = candidates.iter().map(own).filter(|t| !t.is_empty()).collect();
        let actual = if seen.is_empty() { "no such frames".to_string() } else { seen.join("; ") };
        return Found::Wrong(vec![Wrong { path: "frames".into(), expected: names.join(", "), actual }]);
    };
    let mut wrong = Vec::new();
    for s in &goroutine.frames {
        let Some(t) = traced(&s.function, &site.traced) else { continue };
        // Assembly has its own file, and what the compiler makes around it none.
        if s.file.ends_with(".s") || s.file == "<autogenerated>" {
            continue;
        }
        if s.file != t.file || t.line(s.line).is_none() {
            let last = t.first + u32::try_from(t.lines.len()).unwrap_or(1) - 1;
            let expected = format!("{} {}:{}-{last}", s.function, t.file, t.first);
            wrong.push(Wrong { path: "frames.line".into(), expected, actual: place(s) });
        }
    }
    for (n, (f, s)) in wanted.iter().zip(&found).enumerate() {
        let Some(statement) = &f.statement else { continue };
        let line = traced(&s.function, &site.traced).and_then(|t| t.line(s.line));
        if let Some(line) = line.filter(|l| !l.contains(statement)) {
            let (expected, actual) = (format!("{}: {statement}", s.function), format!("{}: {}", place(s), line.trim()));
            wrong.push(Wrong { path: format!("frames[{n}].statement"), expected, actual });
        }
    }
    if wrong.is_empty() { Found::All(wanted.len()) } else { Found::Wrong(wrong) }
}

#[cfg(test)]
#[path = "traceback_tests.rs"]
mod tests;
