// Package rt is the part of a generated program that is always the same: it
// runs the units that are asked for and writes the transcript. It judges
// nothing. Values are walked through package reflect by their memory, so that
// what a variable holds is written down and not what some method says of it.
package rt

import (
	"os"
	"reflect"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"unsafe"
)

// Unit is one thing to run.
type Unit struct {
	F func()
	// Goexit: the unit is to end its goroutine, so its end must be told apart
	// from a panic; other units are not touched by a recover of ours.
	Goexit bool
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
	// Nothing is freed, so no address is used twice: identity can be told from it.
	debug.SetGCPercent(-1)
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
		unitSum, unitCount, entered = fnvOffset, 0, false
		run(units[n])
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
			run(units[n])
		} else {
			units[n].F()
		}
	}
}

// run runs a unit on a goroutine of its own: its stack is small and fresh, and
// runtime.Goexit ends nothing else.
func run(u Unit) {
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
	list("res", *(*[]any)(noescape(unsafe.Pointer(&ptrs))))
}

func list(what string, ptrs []any) {
	if quiet {
		soil()
		return
	}
	record(what + "s " + strconv.Itoa(len(ptrs)))
	for i, p := range ptrs {
		if p == nil {
			continue
		}
		v := reflect.ValueOf(p)
		record(what + " " + strconv.Itoa(i) + " " + string(walk(nil, v.Type().Elem(), v.UnsafePointer(), nil)))
	}
}

// Recovered notes what recover gave to whom, and returns it.
func Recovered(by string, r any) any {
	if quiet {
		soil()
		return r
	}
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

// name is the type's name without import paths: those of type arguments are
// written out by package reflect.
func name(t reflect.Type) string {
	s := t.String()
	var b strings.Builder
	word := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '/':
			word = i + 1
		case c == '.' || c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80:
		default:
			b.WriteString(last(s[word:i]))
			b.WriteByte(c)
			word = i + 1
		}
	}
	b.WriteString(last(s[word:]))
	return b.String()
}

// last names the packages of case files as their package clause does: p.
func last(s string) string {
	if i := strings.IndexByte(s, '-'); i >= 0 {
		if j := strings.LastIndexByte(s, '.'); j > i {
			return "p" + s[j:]
		}
	}
	return s
}

func quote(s string) string {
	b := append(make([]byte, 0, len(s)+2), '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20 || c >= 0x7f:
			// One escape a byte, as in Latin-1: the reader takes each for a byte.
			b = append(b, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

func addr(b []byte, p unsafe.Pointer) []byte {
	return append(strconv.AppendUint(append(b, '"'), uint64(uintptr(p)), 16), '"')
}

// walk appends the value of type t at p as a JSON array with a tag in front.
// visiting holds the pointers that are being followed, to end cycles.
func walk(b []byte, t reflect.Type, p unsafe.Pointer, visiting []unsafe.Pointer) []byte {
	if len(visiting) > 100 {
		return append(b, `["?","nested too deeply"]`...)
	}
	v := reflect.NewAt(t, p).Elem()
	str := func(tag, s string) []byte {
		return append(append(append(append(b, `["`...), tag...), `","`...), s+`"]`...)
	}
	switch t.Kind() {
	case reflect.Bool:
		// The byte itself: a bool that is neither 0 nor 1 is worth seeing.
		return str("b", strconv.Itoa(int(*(*uint8)(p))))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return str("i", strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return str("i", strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32:
		return str("f", strconv.FormatUint(uint64(*(*uint32)(p)), 16))
	case reflect.Float64:
		return str("d", strconv.FormatUint(*(*uint64)(p), 16))
	case reflect.Complex64:
		c := (*[2]uint32)(p)
		return str("c", strconv.FormatUint(uint64(c[0]), 16)+`","`+strconv.FormatUint(uint64(c[1]), 16))
	case reflect.Complex128:
		c := (*[2]uint64)(p)
		return str("C", strconv.FormatUint(c[0], 16)+`","`+strconv.FormatUint(c[1], 16))
	case reflect.String:
		return append(append(append(b, `["s",`...), quote(*(*string)(p))...), ']')
	case reflect.UnsafePointer:
		u := *(*unsafe.Pointer)(p)
		if u == nil {
			return append(b, `["u"]`...)
		}
		return append(addr(append(b, `["u",`...), u), ']')
	case reflect.Slice:
		if v.IsNil() {
			return append(b, `["l"]`...)
		}
		b = addr(append(b, `["l",`...), v.UnsafePointer())
		b = strconv.AppendInt(append(b, ','), int64(v.Cap()), 10)
		b = strconv.AppendUint(append(b, ','), uint64(t.Elem().Size()), 10)
		b = append(b, ',')
		b = elems(b, t.Elem(), v.UnsafePointer(), v.Len(), visiting)
		return append(b, ']')
	case reflect.Array:
		b = append(b, `["a",`...)
		return append(elems(b, t.Elem(), p, t.Len(), visiting), ']')
	case reflect.Struct:
		b = append(b, `["t",[`...)
		for i := 0; i < t.NumField(); i++ {
			if i > 0 {
				b = append(b, ',')
			}
			f := t.Field(i)
			b = walk(b, f.Type, unsafe.Add(p, f.Offset), visiting)
		}
		return append(b, "]]"...)
	case reflect.Pointer:
		q := *(*unsafe.Pointer)(p)
		if q == nil {
			return append(b, `["p"]`...)
		}
		if t.Elem().Size() == 0 {
			// All of these may have one address: it says nothing.
			b = append(b, `["p","0"`...)
		} else {
			b = addr(append(b, `["p",`...), q)
		}
		if !follow(t.Elem()) {
			return append(b, ']')
		}
		for _, seen := range visiting {
			if seen == q {
				return append(b, ']')
			}
		}
		b = walk(append(b, ','), t.Elem(), q, append(visiting, q))
		return append(b, ']')
	case reflect.Map:
		if v.IsNil() {
			return append(b, `["m"]`...)
		}
		var entries []string
		it := v.MapRange()
		for it.Next() {
			k, e := reflect.New(t.Key()), reflect.New(t.Elem())
			k.Elem().Set(it.Key())
			e.Elem().Set(it.Value())
			s := append(walk([]byte{'['}, t.Key(), k.UnsafePointer(), visiting), ',')
			entries = append(entries, string(append(walk(s, t.Elem(), e.UnsafePointer(), visiting), ']')))
		}
		sort.Strings(entries)
		b = addr(append(b, `["m",`...), v.UnsafePointer())
		return append(append(append(b, ",["...), strings.Join(entries, ",")...), "]]"...)
	case reflect.Chan:
		if v.IsNil() {
			return append(b, `["h"]`...)
		}
		b = addr(append(b, `["h",`...), v.UnsafePointer())
		b = strconv.AppendInt(append(b, ','), int64(v.Len()), 10)
		b = strconv.AppendInt(append(b, ','), int64(v.Cap()), 10)
		return append(b, ']')
	case reflect.Func:
		if v.IsNil() {
			return append(b, `["F"]`...)
		}
		n := t.NumIn()
		if t.IsVariadic() {
			n--
		}
		in := make([]reflect.Value, n)
		for i := range in {
			in[i] = reflect.Zero(t.In(i))
		}
		b = append(b, `["F",[`...)
		for i, r := range v.Call(in) {
			if i > 0 {
				b = append(b, ',')
			}
			c := reflect.New(t.Out(i))
			c.Elem().Set(r)
			b = walk(b, t.Out(i), c.UnsafePointer(), append(visiting, p))
		}
		return append(b, "]]"...)
	case reflect.Interface:
		if v.IsNil() {
			return append(b, `["n"]`...)
		}
		e := v.Elem()
		c := reflect.New(e.Type())
		c.Elem().Set(e)
		b = append(append(append(b, `["n",`...), quote(name(e.Type()))...), ',')
		return append(walk(b, e.Type(), c.UnsafePointer(), visiting), ']')
	}
	return append(b, `["?","an unknown kind"]`...)
}

// elems appends n values that lie one behind the other. Equal ones in a row are
// written once, with their number: large arrays are mostly zeros.
func elems(b []byte, t reflect.Type, p unsafe.Pointer, n int, visiting []unsafe.Pointer) []byte {
	b = append(b, '[')
	for i := 0; i < n; {
		if i > 0 {
			b = append(b, ',')
		}
		start := len(b)
		b = walk(b, t, unsafe.Add(p, uintptr(i)*t.Size()), visiting)
		elem := string(b[start:])
		same := 1
		for ; i+same < n; same++ {
			end := len(b)
			b = walk(b, t, unsafe.Add(p, uintptr(i+same)*t.Size()), visiting)
			equal := string(b[end:]) == elem
			b = b[:end]
			if !equal {
				break
			}
		}
		i += same
		if same > 1 {
			b = strconv.AppendInt(append(b[:start], `["r",`...), int64(same), 10)
			b = append(append(append(b, ','), elem...), ']')
		}
	}
	return append(b, ']')
}

// follow says whether a pointer's target is looked at: the runtime's own
// structures are not the cases' business.
func follow(t reflect.Type) bool {
	switch t.PkgPath() {
	case "runtime", "internal/abi", "sync", "internal/sync", "reflect", "time":
		return false
	}
	return true
}
