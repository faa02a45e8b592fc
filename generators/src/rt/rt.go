// Package rt is the part of a generated program that is always the same: it
// runs the units that are asked for and writes the transcript. It judges
// nothing. Values are walked through package reflect by their memory, so that
// what a variable holds is written down and not what some method says of it.
package rt

import (
	"os"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// Unit is one thing to run.
type Unit struct {
	F func()
	// Goexit: the unit is to end its goroutine, so its end must be told apart
	// from a panic; other units are not touched by a recover of ours.
	Goexit bool
	// Asleep: all goroutines are to wait for ever, and none may be busy beside them.
	Asleep bool
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

var (
	out       *os.File
	fileSum   uint64 = fnvOffset
	unitSum   uint64
	unitCount int
	entered   bool
	// called: the unit made a call and told its end.
	called bool
	// repeating: calls are made again, as many as there is time for.
	repeating bool
)

// quiet says that someone reads registers and memory from outside, who waits
// for all that the program does: values are not walked, nothing is written.
var quiet = os.Getenv("GOABI_QUIET") != ""

// dirty leaves other things in the registers that arguments and results travel
// in, as every call may.
//
//go:noinline
func dirty(i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, i10, i11, i12, i13, i14, i15 uintptr, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15 float64) (uintptr, float64) {
	return i0 ^ i15, f0 + f15
}

func soil() {
	const i, f = 0xd1d2d3d4 & (1<<31 - 1), 1.0e300
	dirty(i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, f, f, f, f, f, f, f, f, f, f, f, f, f, f, f, f)
}

// Running is the number of the unit that runs, for who watches from outside.
var Running int

// even and odd are where whoever watches the program from outside stops it, in
// turns: a breakpoint is never hit twice in a row, so that none has to be
// stepped over.
//
//go:noinline
func even() {
	entered = false
}

//go:noinline
func odd() {
	entered = false
}

func fnv(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

func write(s string) {
	fileSum = fnv(fileSum, s)
	if _, err := out.WriteString(s); err != nil {
		os.Exit(75)
	}
}

// record writes one line of the unit that runs. It is written at once, so that
// a unit that dies leaves what it did before.
func record(s string) {
	if quiet {
		return
	}
	s += "\n"
	unitSum = fnv(unitSum, s)
	unitCount++
	write(s)
}

func hex16(h uint64) string {
	s := strconv.FormatUint(h, 16)
	return strings.Repeat("0", 16-len(s)) + s
}

// Main runs the units that GOABI_UNITS names ("0-17,19") and writes the
// transcript to GOABI_TRANSCRIPT.
func Main(program string, groups [][]Unit) {
	// A runaway recursion shall die soon, and with the same text on each port.
	debug.SetMaxStack(64 << 20)
	// Nothing is freed, so no address is used twice: identity can be told from
	// it. Under stress what was seen is kept.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(-1)
	}
	var units []Unit
	for _, g := range groups {
		units = append(units, g...)
	}
	var asked []int
	for _, part := range strings.Split(os.Getenv("GOABI_UNITS"), ",") {
		first, last, found := strings.Cut(part, "-")
		if !found {
			last = first
		}
		a, err := strconv.Atoi(first)
		b, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil || a < 0 || b >= len(units) {
			os.Stderr.WriteString("goabi: GOABI_UNITS is not for this program\n")
			os.Exit(76)
		}
		for ; a <= b; a++ {
			asked = append(asked, a)
		}
	}
	if len(asked) != 1 || !units[asked[0]].Asleep {
		disturb()
	}
	reflectCollects()
	if quiet {
		observed(units, asked)
		os.Exit(0)
	}
	var err error
	out, err = os.Create(os.Getenv("GOABI_TRANSCRIPT"))
	if err != nil {
		os.Stderr.WriteString("goabi: " + err.Error() + "\n")
		os.Exit(75)
	}
	write("goabi 1 " + program + " " + strconv.Itoa(len(asked)) + "\n")
	for _, n := range asked {
		write("B " + strconv.Itoa(n) + "\n")
		unitSum, unitCount, entered, called, kept, held = fnvOffset, 0, false, false, nil, nil
		begun := time.Now()
		run(n, units[n])
		behind := left()
		if behind == 0 && time.Since(begun) < budget {
			repeat(units[n])
		}
		record("goroutines " + strconv.Itoa(behind))
		write("E " + strconv.Itoa(n) + " " + strconv.Itoa(unitCount) + " " + hex16(unitSum) + "\n")
	}
	write("T " + strconv.Itoa(len(asked)) + " " + hex16(fileSum) + "\n")
	if err := out.Close(); err != nil {
		os.Exit(75)
	}
	os.Exit(0)
}

// observed runs units for someone who watches from outside: one behind the
// other, with as little between them as can be.
func observed(units []Unit, asked []int) {
	for i, n := range asked {
		Running = n
		if i%2 == 0 {
			even()
		} else {
			odd()
		}
		if units[n].Goexit {
			run(n, units[n])
		} else {
			units[n].F()
		}
	}
}

// run runs a unit on a goroutine of its own: its stack is small and fresh, and
// runtime.Goexit ends nothing else.
func run(n int, u Unit) {
	if small {
		f := u.F
		u.F = func() { nearly(n, f) }
	}
	done := make(chan struct{})
	go func() {
		if u.Goexit {
			returned := false
			defer func() {
				if r := recover(); r != nil {
					Recovered("unit", r)
				} else if !returned {
					record("goexit")
				}
				close(done)
			}()
			u.F()
			returned = true
			record("returned")
			return
		}
		u.F()
		record("returned")
		close(done)
	}()
	<-done
}

//go:nosplit
func noescape(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return unsafe.Pointer(x ^ 0)
}

// Args notes the arguments as the callee sees them: pointers to copies of them,
// nil for a parameter without a name. The pointers do not escape, so that the
// copies stay on the stack. Of a function that calls itself the outermost call
// counts.
func Args(ptrs ...any) {
	if entered {
		return
	}
	entered = true
	list("arg", *(*[]any)(noescape(unsafe.Pointer(&ptrs))))
}

// Results notes the results as the caller sees them.
func Results(ptrs ...any) {
	called = true
	list("res", *(*[]any)(noescape(unsafe.Pointer(&ptrs))))
}

func list(what string, ptrs []any) {
	if repeating {
		return
	}
	if quiet {
		soil()
		return
	}
	collect()
	keep(ptrs)
	record(what + "s " + strconv.Itoa(len(ptrs)))
	for i, p := range ptrs {
		if p == nil {
			continue
		}
		v := reflect.ValueOf(p)
		record(what + " " + strconv.Itoa(i) + " " + string(walk(nil, v.Type().Elem(), v.UnsafePointer(), nil)))
	}
}

// Context notes what came with the call beside its arguments: a receiver, a
// captured variable. Of a function that calls itself the outermost call counts.
func Context(ptr any) {
	if entered {
		return
	}
	if quiet {
		soil()
		return
	}
	v := reflect.ValueOf(ptr)
	record("context " + string(walk(nil, v.Type().Elem(), v.UnsafePointer(), nil)))
}

// Dropped notes that the call came to its end and that nobody gets its results.
func Dropped() {
	called = true
	record("dropped")
}

// Recovered notes what recover gave to whom, and returns it.
func Recovered(by string, r any) any {
	called = true
	if quiet {
		soil()
		return r
	}
	// The frame that panicked is still there, and holds the results.
	collect()
	text := "null"
	switch v := r.(type) {
	case error:
		text = quote(v.Error())
	case interface{ String() string }:
		text = quote(v.String())
	case string:
		text = quote(v)
	}
	record("recovered " + by + " " + text + " " + string(walk(nil, reflect.TypeOf(&r).Elem(), unsafe.Pointer(&r), nil)))
	return r
}

// Trace notes an event.
func Trace(s string) {
	if !quiet {
		collect()
	}
	record("trace " + quote(s))
}

// Types notes size, alignment and field offsets of all types that a function
// type is made of. f is a nil pointer to the function type.
func Types(f any) {
	seen := map[reflect.Type]bool{}
	t := reflect.TypeOf(f).Elem()
	for i := 0; i < t.NumIn(); i++ {
		types(t.In(i), seen)
	}
	for i := 0; i < t.NumOut(); i++ {
		types(t.Out(i), seen)
	}
}

func types(t reflect.Type, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	b := []byte("type [")
	b = append(b, quote(name(t))...)
	for _, n := range []int{int(t.Size()), t.Align()} {
		b = strconv.AppendInt(append(b, ','), int64(n), 10)
	}
	b = append(b, ",["...)
	if t.Kind() == reflect.Struct {
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(b, '['), quote(f.Name)...)
			b = strconv.AppendUint(append(b, ','), uint64(f.Offset), 10)
			b = append(b, ']')
		}
	}
	record(string(append(b, "]]"...)))
	switch t.Kind() {
	case reflect.Struct:
		for i := 0; i < t.NumField(); i++ {
			types(t.Field(i).Type, seen)
		}
	case reflect.Array, reflect.Slice, reflect.Pointer, reflect.Chan:
		types(t.Elem(), seen)
	case reflect.Map:
		types(t.Key(), seen)
		types(t.Elem(), seen)
	}
}
