// Prints, as JSON, the signature of one function of a Go package, with all that
// its layout depends on: the types that it names, declared anew in one scope.
// goabi builds and runs it; see lookup.rs.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"unicode"
)

type listed struct {
	ImportPath, Dir, Name, Export string
	GoFiles                       []string
	ImportMap                     map[string]string
	DepOnly                       bool
	Error                         *struct{ Err string }
}

type answer struct {
	Name, Package, Signature, Receiver, ReceiverName, Declarations string
}

func fail(format string, args ...any) {
	json.NewEncoder(os.Stdout).Encode(map[string]string{"Error": fmt.Sprintf(format, args...)})
	os.Exit(0)
}

func main() {
	goTool, goarch, pattern, function, line := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	cmd := exec.Command(goTool, "list", "-e", "-export", "-deps",
		"-json=ImportPath,Dir,Name,Export,GoFiles,ImportMap,DepOnly,Error", "--", pattern)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		os.Exit(1)
	}
	exports := map[string]string{}
	var own *listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			fail("go list printed what is no JSON: %v", err)
		}
		exports[p.ImportPath] = p.Export
		if !p.DepOnly {
			if own != nil {
				fail("%s is more than one package", pattern)
			}
			own = &p
		}
	}
	if own == nil || len(own.GoFiles) == 0 {
		if own != nil && own.Error != nil {
			fail("%s", own.Error.Err)
		}
		fail("there is no package with Go files for linux/%s at %s", goarch, pattern)
	}

	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range own.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(own.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			fail("%v", err)
		}
		files = append(files, f)
	}
	lookup := func(path string) (io.ReadCloser, error) {
		if mapped, ok := own.ImportMap[path]; ok {
			path = mapped
		}
		if exports[path] == "" {
			return nil, fmt.Errorf("package %s could not be compiled", path)
		}
		return os.Open(exports[path])
	}
	var mistakes []error
	config := types.Config{
		Importer: importer.ForCompiler(fset, "gc", lookup), Sizes: types.SizesFor("gc", goarch),
		IgnoreFuncBodies: true, FakeImportC: true, Error: func(err error) { mistakes = append(mistakes, err) },
	}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
	pkg, _ := config.Check(own.ImportPath, fset, files, info)

	decl := find(fset, files, function, line)
	if decl == nil && line != "" {
		fail("there is no function at %s", line)
	} else if decl == nil {
		fail("package %s has no function %s%s", own.ImportPath, function, others(files))
	}
	object, ok := info.Defs[decl.Name].(*types.Func)
	if !ok {
		fail("%s is not understood", decl.Name.Name)
	}
	sig := object.Type().(*types.Signature)
	if sig.TypeParams().Len() > 0 || sig.RecvTypeParams().Len() > 0 {
		fail("%s is generic: its layout depends on its type arguments", decl.Name.Name)
	}
	w := &writer{own: pkg, full: map[string]string{}, open: map[string]bool{}}
	a := answer{Name: pkg.Name() + "." + decl.Name.Name, Package: own.ImportPath}
	if recv := sig.Recv(); recv != nil {
		a.Receiver, a.ReceiverName = w.expr(recv.Type(), true), recv.Name()
		t := strings.ReplaceAll(a.Receiver, "ᐧ", ".")
		if strings.HasPrefix(t, "*") {
			t = "(" + t + ")"
		}
		a.Name = pkg.Name() + "." + t + "." + decl.Name.Name
	}
	a.Signature = "func" + w.tuple(sig.Params(), sig.Variadic(), true) + w.results(sig.Results(), true)
	if w.invalid && len(mistakes) > 0 {
		fail("%v", mistakes[0])
	}
	a.Declarations = w.declarations()
	json.NewEncoder(os.Stdout).Encode(a)
}

// find gives the declaration of a function by name (F, T.M) or by place (file:line).
func find(fset *token.FileSet, files []*ast.File, function, place string) *ast.FuncDecl {
	file, number, _ := strings.Cut(place, ":")
	line, _ := strconv.Atoi(number)
	for _, f := range files {
		for _, d := range f.Decls {
			d, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			from, to := fset.Position(d.Pos()), fset.Position(d.End())
			if place != "" && filepath.Base(from.Filename) == file && from.Line <= line && line <= to.Line {
				return d
			}
			if place == "" && name(d) == function {
				return d
			}
		}
	}
	return nil
}

func name(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return d.Name.Name
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "." + d.Name.Name
		default:
			return d.Name.Name
		}
	}
}

// others names what there is instead, as far as a line takes.
func others(files []*ast.File) string {
	var names []string
	for _, f := range files {
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Name.Name != "init" && d.Name.Name != "_" {
				names = append(names, name(d))
			}
		}
	}
	sort.Strings(names)
	if len(names) == 0 {
		return ""
	}
	more := ""
	if len(names) > 12 {
		names, more = names[:12], "..."
	}
	return "; there are " + strings.Join(names, ", ") + more
}

type writer struct {
	own     *types.Package
	full    map[string]string // name to what it is declared as
	open    map[string]bool   // named behind pointers only: what it is does not matter
	invalid bool
}

// mangled is a type's name as one identifier: ᐧ ᐸ ᐳ are letters that look like
// a dot and brackets.
func (w *writer) mangled(t *types.Named) string {
	name := t.Obj().Name()
	if p := t.Obj().Pkg(); p != nil && p != w.own {
		name = p.Name() + "ᐧ" + name
	}
	if args := t.TypeArgs(); args.Len() > 0 {
		var list []string
		for i := range args.Len() {
			list = append(list, types.TypeString(args.At(i), func(p *types.Package) string { return p.Name() }))
		}
		name += "ᐸ" + strings.Join(list, "_") + "ᐳ"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '.':
			return 'ᐧ'
		case r == '[':
			return 'ᐸ'
		case r == ']':
			return 'ᐳ'
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		}
		return '_'
	}, name)
}

// expr writes a type. Where it is by value, what it is declared as matters.
func (w *writer) expr(t types.Type, value bool) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if t.Kind() == types.Invalid {
			w.invalid = true
		}
		if t.Kind() == types.UnsafePointer {
			return "unsafe.Pointer"
		}
		return t.Name()
	case *types.Named:
		if t.Obj().Pkg() == nil {
			return t.Obj().Name() // error
		}
		name := w.mangled(t)
		if _, done := w.full[name]; value && !done {
			w.full[name] = "" // it may name itself, behind a pointer
			w.full[name] = w.expr(t.Underlying(), true)
		} else if !done {
			w.open[name] = true
		}
		return name
	case *types.Pointer:
		return "*" + w.expr(t.Elem(), false)
	case *types.Slice:
		return "[]" + w.expr(t.Elem(), false)
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), w.expr(t.Elem(), value))
	case *types.Map:
		return "map[" + w.expr(t.Key(), false) + "]" + w.expr(t.Elem(), false)
	case *types.Chan:
		elem := w.expr(t.Elem(), false)
		switch t.Dir() {
		case types.SendOnly:
			return "chan<- " + elem
		case types.RecvOnly:
			return "<-chan " + elem
		}
		return "chan (" + elem + ")"
	case *types.Signature:
		return "func" + w.tuple(t.Params(), t.Variadic(), false) + w.results(t.Results(), false)
	case *types.Interface:
		if t.NumMethods() == 0 {
			return "any"
		}
		var methods []string
		for i := range t.NumMethods() {
			methods = append(methods, t.Method(i).Name()+"()")
		}
		return "interface{ " + strings.Join(methods, "; ") + " }"
	case *types.Struct:
		var fields []string
		for i := range t.NumFields() {
			fields = append(fields, t.Field(i).Name()+" "+w.expr(t.Field(i).Type(), value))
		}
		return "struct{ " + strings.Join(fields, "; ") + " }"
	}
	w.invalid = true
	return "int"
}

func (w *writer) tuple(t *types.Tuple, variadic, value bool) string {
	var list []string
	for i := range t.Len() {
		v := t.At(i)
		text := ""
		if last, ok := v.Type().(*types.Slice); ok && variadic && i == t.Len()-1 {
			text = "..." + w.expr(last.Elem(), false)
		} else {
			text = w.expr(v.Type(), value)
		}
		if v.Name() != "" && value {
			text = v.Name() + " " + text
		}
		list = append(list, text)
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func (w *writer) results(t *types.Tuple, value bool) string {
	if t.Len() == 0 {
		return ""
	}
	return " " + w.tuple(t, false, value)
}

func (w *writer) declarations() string {
	var out []string
	for name, what := range w.full {
		out = append(out, "type "+name+" "+what)
	}
	for name := range w.open {
		if _, done := w.full[name]; !done {
			out = append(out, "type "+name+" struct{}")
		}
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}
