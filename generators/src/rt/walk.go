package rt

import (
	"reflect"
	"sort"
	"strconv"
	"strings"
	"unsafe"
)

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
