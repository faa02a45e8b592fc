//! From type syntax to [`GoType`].

use crate::bounds::{Level, check_type};
use crate::constant::integer;
use crate::eval::Evaluator;
use crate::mistake::did_you_mean;
use crate::scope::{Env, Scope, error_type, std_type};
use crate::signature::{Param, Signature};
use crate::syntax::{Fragment, GoError, Parsed, children, fields, parse};
use crate::types::{Basic, ChanDir, Field, FuncType, GoType, InterfaceType, Method, StructType};
use num_traits::ToPrimitive;
use std::sync::Arc;
use tree_sitter::Node;

/// Reads a type from its text.
///
/// # Errors
/// What is not Go, or not known.
pub fn type_of_text(scope: &Scope, text: &str) -> Result<GoType, GoError> {
    let p = parse(Fragment::Type, text)?;
    let n = p.only().ok_or_else(|| GoError::new(0..text.len(), "a Go type is wanted here"))?;
    resolve(scope, &p, n, &Env::new())
}

/// Reads a function's signature: `func(n int) (v any, err error)`.
///
/// # Errors
/// What is not a function signature, or a type that is not known.
pub fn signature(scope: &Scope, text: &str) -> Result<Signature, GoError> {
    let wanted = || {
        GoError::new(0..text.len(), "a function signature is wanted here").help("like `func(n int) (v any, err error)`")
    };
    let p = parse(Fragment::Type, text)?;
    let n = p.only().filter(|n| n.kind() == "function_type").ok_or_else(wanted)?;
    let (params, variadic) = params(scope, &p, n.child_by_field_name("parameters"), &Env::new())?;
    let results = results(scope, &p, n, &Env::new())?;
    let mut seen: Vec<&str> = Vec::new();
    for name in params.iter().chain(&results).filter_map(Param::visible_name) {
        if seen.contains(&name) {
            return Err(GoError::new(0..text.len(), format!("`{name}` is declared twice")));
        }
        seen.push(name);
    }
    for ty in params.iter().chain(&results).map(|p| &p.ty) {
        check_type(ty).map_err(|m| GoError::new(0..text.len(), m))?;
    }
    Ok(Signature { receiver: None, params, results, variadic })
}

fn params(scope: &Scope, p: &Parsed, list: Option<Node>, env: &Env) -> Result<(Vec<Param>, bool), GoError> {
    let (mut out, mut variadic): (Vec<Param>, bool) = (Vec::new(), false);
    let decls = list.map_or(vec![], children);
    let last = decls.len().saturating_sub(1);
    // In a list with names a lone identifier is a name whose type comes later;
    // tree-sitter takes those of long lists for types.
    let any_named = decls.iter().any(|d| d.child_by_field_name("name").is_some());
    let mut waiting: Vec<Node> = Vec::new();
    for (i, d) in decls.into_iter().enumerate() {
        let ty_node = d.child_by_field_name("type").ok_or_else(|| p.error(d, "a parameter without a type"))?;
        let mut names = fields(d, "name");
        if any_named
            && names.is_empty()
            && ty_node.kind() == "type_identifier"
            && d.kind() == "parameter_declaration"
            && i != last
        {
            waiting.push(ty_node);
            continue;
        }
        let mut ty = resolve(scope, p, ty_node, env)?;
        if d.kind() == "variadic_parameter_declaration" {
            if i != last {
                return Err(p.error(d, "only the last parameter can be variadic"));
            }
            variadic = true;
            ty = GoType::Slice(Arc::new(ty));
        }
        if names.is_empty() {
            out.push(Param { name: None, ty: ty.clone() });
        } else {
            names.splice(0..0, waiting.drain(..));
        }
        for n in names {
            out.push(Param { name: Some(p.text(n).to_string()), ty: ty.clone() });
        }
    }
    if !waiting.is_empty() || (out.iter().any(|p| p.name.is_none()) && out.iter().any(|p| p.name.is_some())) {
        let at = list.map_or(0..0, |l| p.range(l));
        return Err(GoError::new(at, "either all parameters have names, or none"));
    }
    Ok((out, variadic))
}

fn results(scope: &Scope, p: &Parsed, n: Node, env: &Env) -> Result<Vec<Param>, GoError> {
    match n.child_by_field_name("result") {
        None => Ok(vec![]),
        Some(r) if r.kind() == "parameter_list" => {
            let (out, variadic) = params(scope, p, Some(r), env)?;
            if variadic { Err(p.error(r, "a result cannot be variadic")) } else { Ok(out) }
        }
        Some(r) => Ok(vec![Param { name: None, ty: resolve(scope, p, r, env)? }]),
    }
}

/// The function type of anything with `parameters` and `result`.
///
/// # Errors
/// A type that is not known.
pub fn func_type(scope: &Scope, p: &Parsed, n: Node, env: &Env) -> Result<FuncType, GoError> {
    let (params, variadic) = params(scope, p, n.child_by_field_name("parameters"), env)?;
    let results = results(scope, p, n, env)?;
    let types = |l: Vec<Param>| l.into_iter().map(|p| p.ty).collect();
    Ok(FuncType { params: types(params), results: types(results), variadic })
}

/// The type that a piece of syntax stands for. Expressions that can be read as
/// types (`T`, `pkg.T`, `(*T)`, `G[int]`) are.
///
/// # Errors
/// What is no type, or not known.
pub fn resolve(scope: &Scope, p: &Parsed, n: Node, env: &Env) -> Result<GoType, GoError> {
    let _level = Level::enter(p, n)?;
    let sub = |n: Node| resolve(scope, p, n, env);
    let field = |name: &str| n.child_by_field_name(name).ok_or_else(|| p.error(n, "this type is incomplete"));
    let first = || children(n).first().copied().ok_or_else(|| p.error(n, "this type is incomplete"));
    match n.kind() {
        "type_identifier" | "identifier" => name(scope, p, n, env),
        "parenthesized_type" | "parenthesized_expression" | "type_elem" => sub(first()?),
        "pointer_type" => Ok(GoType::Pointer(Arc::new(sub(first()?)?))),
        "unary_expression" if p.text(n).starts_with('*') => Ok(GoType::Pointer(Arc::new(sub(field("operand")?)?))),
        "slice_type" => Ok(GoType::Slice(Arc::new(sub(field("element")?)?))),
        "array_type" => {
            let len = field("length")?;
            let c = Evaluator::new(scope, 8).constant_node(p, len)?;
            let count = integer(&c)
                .and_then(|n| n.to_u64())
                .ok_or_else(|| p.error(len, "an array's length is a constant integer"))?;
            Ok(GoType::Array(count, Arc::new(sub(field("element")?)?)))
        }
        "map_type" => Ok(GoType::Map(Arc::new(sub(field("key")?)?), Arc::new(sub(field("value")?)?))),
        "channel_type" => {
            let text = p.text(n);
            let dir = if text.starts_with("<-") {
                ChanDir::Recv
            } else if text.trim_start_matches("chan").trim_start().starts_with("<-")
                && n.child(1).is_some_and(|c| c.kind() == "<-")
            {
                ChanDir::Send
            } else {
                ChanDir::Both
            };
            Ok(GoType::Chan(dir, Arc::new(sub(field("value")?)?)))
        }
        "function_type" => Ok(GoType::Func(Arc::new(func_type(scope, p, n, env)?))),
        "struct_type" => structure(scope, p, n, env),
        "interface_type" => interface(scope, p, n, env),
        "qualified_type" => qualified(p, n, field("package")?, field("name")?),
        "selector_expression" => qualified(p, n, field("operand")?, field("field")?),
        "generic_type" => {
            let args = children(field("type_arguments")?);
            generic(scope, p, field("type")?, &args, env)
        }
        "index_expression" => generic(scope, p, field("operand")?, &[field("index")?], env),
        "type_instantiation_expression" => {
            let parts = children(n);
            generic(scope, p, field("type")?, parts.get(1..).unwrap_or_default(), env)
        }
        _ => Err(p.error(n, "this is no type that goabi knows")),
    }
}

fn name(scope: &Scope, p: &Parsed, n: Node, env: &Env) -> Result<GoType, GoError> {
    let text = p.text(n);
    if let Some(t) = env.get(text) {
        return Ok(t.clone());
    }
    if scope.has_type(text) {
        // Errors in the declaration are reported where the declarations are read.
        return scope.named(text, &[]).map_err(|e| p.error(n, e.message));
    }
    match (text, Basic::from_name(text)) {
        ("any", _) => Ok(GoType::any()),
        ("error", _) => Ok(error_type()),
        (_, Some(b)) => Ok(GoType::Basic(b)),
        _ => {
            let e = p.error(n, format!("type `{text}` is not declared"));
            let known = [
                "any",
                "error",
                "bool",
                "string",
                "byte",
                "rune",
                "int",
                "int8",
                "int16",
                "int32",
                "int64",
                "uint",
                "uint8",
                "uint16",
                "uint32",
                "uint64",
                "uintptr",
                "float32",
                "float64",
                "complex64",
                "complex128",
            ];
            let hint = did_you_mean(text, scope.type_names().chain(known));
            Err(e.help(hint.unwrap_or_else(|| "declare it under `types:`".into())))
        }
    }
}

fn qualified(p: &Parsed, n: Node, package: Node, name: Node) -> Result<GoType, GoError> {
    match (p.text(package), p.text(name)) {
        ("unsafe", "Pointer") => Ok(GoType::Basic(Basic::UnsafePointer)),
        (package, name) => std_type(package, name).map_err(|_| {
            p.error(n, format!("type `{package}.{name}` is not among those that goabi can look into"))
                .help("use it inside `decls:` or a `body:`, or declare a type of your own")
        }),
    }
}

fn generic(scope: &Scope, p: &Parsed, base: Node, args: &[Node], env: &Env) -> Result<GoType, GoError> {
    let args = args.iter().map(|a| resolve(scope, p, *a, env)).collect::<Result<Vec<_>, _>>()?;
    scope.named(p.text(base), &args).map_err(|e| p.error(base, e.message))
}

fn structure(scope: &Scope, p: &Parsed, n: Node, env: &Env) -> Result<GoType, GoError> {
    let list = children(n).first().map_or(vec![], |l| children(*l));
    let mut out: Vec<Field> = Vec::new();
    for d in list {
        let ty_node = d.child_by_field_name("type").ok_or_else(|| p.error(d, "a field without a type"))?;
        let mut ty = resolve(scope, p, ty_node, env)?;
        let tag = d.child_by_field_name("tag").map_or("", |t| p.text(t)).trim_matches(['`', '"']).to_string();
        let names = fields(d, "name");
        if names.is_empty() {
            // Embedded: `T`, `*T`, `pkg.T`; the star stands beside the type.
            if d.child(0).is_some_and(|c| c.kind() == "*") && ty_node.kind() != "pointer_type" {
                ty = GoType::Pointer(Arc::new(ty));
            }
            let text = p.text(ty_node).trim_start_matches('*');
            let text = text.split('[').next().unwrap_or(text);
            let name = text.rsplit('.').next().unwrap_or(text).to_string();
            out.push(Field { name, ty: ty.clone(), embedded: true, tag: tag.clone() });
        }
        for name in names {
            out.push(Field { name: p.text(name).to_string(), ty: ty.clone(), embedded: false, tag: tag.clone() });
        }
    }
    for (i, f) in out.iter().enumerate() {
        if f.name != "_" && out[..i].iter().any(|g| g.name == f.name) {
            return Err(p.error(n, format!("field `{}` is declared twice", f.name)));
        }
    }
    Ok(GoType::Struct(Arc::new(StructType { fields: out })))
}

fn interface(scope: &Scope, p: &Parsed, n: Node, env: &Env) -> Result<GoType, GoError> {
    let mut methods: Vec<Method> = Vec::new();
    for e in children(n) {
        match e.kind() {
            "method_elem" => {
                let name = e.child_by_field_name("name").map_or("", |n| p.text(n)).to_string();
                methods.push(Method { name, ty: func_type(scope, p, e, env)?, pointer_receiver: false });
            }
            _ => match resolve(scope, p, e, env)?.underlying() {
                GoType::Interface(i) => methods.extend(i.methods.iter().cloned()),
                _ => return Err(p.error(e, "constraint interfaces cannot be the type of a value")),
            },
        }
    }
    methods.sort_by(|a, b| a.name.cmp(&b.name));
    methods.dedup();
    Ok(GoType::Interface(Arc::new(InterfaceType { methods })))
}
