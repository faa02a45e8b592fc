//! `--from`: the signature of a function in somebody's package.

use super::make::Subject;
use goabi_cases::resolve;
use goabi_cases::scope::Scope;
use goabi_cases::signature::Param;
use goabi_cases::syntax::GoError;
use goabi_cases::types::USER_PACKAGE;
use goabi_runners::package::{Function, Wanted};
use std::path::Path;

/// The words of `--from`: the package as `go list` takes it, and the function.
///
/// # Errors
/// What names neither a function of a package nor a line of a Go file.
pub fn request(words: &str) -> Result<(String, Wanted), String> {
    let wrong = || format!("`{words}` names no function: write ./pkg.Func, ./pkg.Type.Method or pkg/file.go:12");
    if let Some((file, line)) = words.rsplit_once(':').filter(|(f, _)| f.ends_with(".go")) {
        let line = line.parse().map_err(|_| wrong())?;
        let path = Path::new(file);
        let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).ok_or_else(wrong)?;
        let folder = path.parent().map(|p| p.display().to_string()).filter(|p| !p.is_empty()).unwrap_or(".".into());
        let rooted = folder.starts_with(['/', '.']);
        return Ok((if rooted { folder } else { format!("./{folder}") }, Wanted::Line { file, line }));
    }
    let (folder, last) = words.rsplit_once('/').map_or((String::new(), words), |(f, l)| (format!("{f}/"), l));
    let mut parts = last.split('.');
    let mut package = parts.next().unwrap_or_default().to_string();
    let mut names: Vec<&str> = parts.collect();
    // `gopkg.in/yaml.v3.Marshal`: a package's name may end with its version.
    if let [version, _, ..] = names.as_slice()
        && version.strip_prefix('v').is_some_and(|n| n.parse::<u32>().is_ok())
    {
        package = format!("{package}.{version}");
        names.remove(0);
    }
    let name = names.join(".").replace(['(', ')', '*'], "");
    let identifiers = !name.is_empty() && name.split('.').count() <= 2 && name.split('.').all(|n| !n.is_empty());
    if !identifiers {
        return Err(wrong());
    }
    let pattern = format!("{folder}{package}");
    let pattern = match pattern.as_str() {
        "" | "./" => ".".to_string(),
        other => other.to_string(),
    };
    Ok((pattern, Wanted::Name(name)))
}

/// The function as something to be explained.
///
/// # Errors
/// Go that we do not understand: a gap of ours, since the toolchain wrote it.
pub fn subject(f: &Function) -> Result<Subject, GoError> {
    let scope = Scope::read(USER_PACKAGE, &f.declarations)?;
    let mut signature = resolve::signature(&scope, &f.signature)?;
    if !f.receiver.is_empty() {
        let name = Some(f.receiver_name.clone()).filter(|n| !n.is_empty());
        signature.receiver = Some(Param { name, ty: resolve::type_of_text(&scope, &f.receiver)? });
    }
    Ok(Subject { name: f.name.clone(), signature, text: String::new(), declarations: f.declarations.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_in_many_ways() {
        let name = |words: &str| match request(words) {
            Ok((package, Wanted::Name(name))) => format!("{package} {name}"),
            Ok((package, Wanted::Line { file, line })) => format!("{package} {file} {line}"),
            Err(e) => e,
        };
        for (words, want) in [
            ("./pkg.Func", "./pkg Func"),
            ("./pkg.Type.Method", "./pkg Type.Method"),
            ("./pkg.(*Type).Method", "./pkg Type.Method"),
            (".Func", ". Func"),
            ("./.Func", ". Func"),
            ("../a/b.Func", "../a/b Func"),
            ("strings.Cut", "strings Cut"),
            ("net/http.ListenAndServe", "net/http ListenAndServe"),
            ("gopkg.in/yaml.v3.Marshal", "gopkg.in/yaml.v3 Marshal"),
            ("example.com/m/v2.F", "example.com/m/v2 F"),
            ("a.go:12", ". a.go 12"),
            ("pkg/a.go:12", "./pkg a.go 12"),
            ("../pkg/a.go:12", "../pkg a.go 12"),
        ] {
            assert_eq!(name(words), want);
        }
        for bad in ["Func", "./pkg", "a.go:x", "./a.b.c.d", "", "./a..b"] {
            assert!(name(bad).contains("names no function"), "{bad}: {}", name(bad));
        }
    }

    #[test]
    fn what_the_toolchain_says_becomes_a_signature() {
        let f = Function {
            name: "a.(*T).M".into(),
            package: "x/a".into(),
            signature: "func(d timeᐧDuration, n *Node) (any, error)".into(),
            receiver: "*T".into(),
            receiver_name: "t".into(),
            declarations: "type Node struct{}\ntype T struct{}\ntype timeᐧDuration int64".into(),
        };
        let s = subject(&f).unwrap();
        assert_eq!(super::super::make::spelled(&s.signature), "func (t *T) (d time.Duration, n *Node) (any, error)");
    }
}
