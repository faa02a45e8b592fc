// A program whose tables are read, and which tells what the runtime and
// debug/gosym read from the same tables.
//
// Without arguments it reads numbers of pcs of its own and tells the runtime's
// answers; with a path, those of debug/gosym for that binary.
package main

import (
	"bufio"
	"debug/elf"
	"debug/gosym"
	"fmt"
	"os"
	"runtime"
	"strconv"
)

type pair struct {
	a, b int
	s    string
}

func inner(p *pair) int { return p.a + len(p.s) }

func outer(p *pair) int { return inner(p)*2 + p.b }

var sink any

//go:noinline
func deferred(x int, t pair, p *int) (r int, err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("%v", e)
		}
	}()
	defer sinking(t.s)
	q := []*int{p, &x}
	sink = q
	return *q[0] + outer(&t), nil
}

//go:noinline
func sinking(s string) { sink = s }

func main() {
	v := len(os.Args)
	if r, _ := deferred(v, pair{1, 2, "x"}, &v); r != v+6 {
		panic(r)
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	ask := own
	if len(os.Args) > 1 {
		ask = gosymOf(os.Args[1])
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		pc, err := strconv.ParseUint(in.Text(), 16, 64)
		if err != nil {
			panic(err)
		}
		ask(out, pc)
	}
}

func own(out *bufio.Writer, pc uint64) {
	f := runtime.FuncForPC(uintptr(pc))
	// Of what is inlined at a pc, FuncForPC tells a function without an entry.
	entry := uintptr(0)
	frames := runtime.CallersFrames([]uintptr{uintptr(pc) + 1, uintptr(pc) + 1})
	frame, _ := frames.Next()
	if f != nil {
		entry = frame.Entry
	}
	fmt.Fprintf(out, "%x\t%x\t%s\t%s\t%d\n", pc, entry, frame.Function, frame.File, frame.Line)
}

func gosymOf(path string) func(*bufio.Writer, uint64) {
	file, err := elf.Open(path)
	if err != nil {
		panic(err)
	}
	data, err := file.Section(".gopclntab").Data()
	if err != nil {
		panic(err)
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, file.Section(".text").Addr))
	if err != nil {
		panic(err)
	}
	return func(out *bufio.Writer, pc uint64) {
		name, line, f := table.PCToLine(pc)
		fmt.Fprintf(out, "%x\t%x\t%s\t%s\t%d\n", pc, f.Entry, f.Name, name, line)
	}
}
