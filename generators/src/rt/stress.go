package rt

import (
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// What GOABI_STRESS asks for.
var (
	// small: units begin on a stack that is nearly full.
	small = asked("small")
	// collects: garbage is collected when the callee was entered, and when the
	// caller has its results.
	collects = asked("gc")
	// preempts: another goroutine collects garbage all the time.
	preempts = asked("preempt")
)

func asked(word string) bool {
	for _, w := range strings.Split(os.Getenv("GOABI_STRESS"), ",") {
		if w == word {
			return true
		}
	}
	return false
}

// kept holds what a unit's records have the addresses of, so that no address is
// used twice within it.
var kept []reflect.Value

// collect collects garbage while the variables that are to be looked at are
// all that holds what they point at.
func collect() {
	if collects {
		runtime.GC()
	}
}

// reflectCollects has reflect collect garbage around each of its calls, while
// registers in memory are all that holds arguments and results: what its own tests
// do by reflect.callGC, whose address the environment says.
func reflectCollects() {
	at, _ := strconv.ParseUint(os.Getenv("GOABI_REFLECT_GC"), 16, 64)
	if collects && at != 0 {
		address := uintptr(at)
		**(**bool)(unsafe.Pointer(&address)) = true
	}
}

// keep holds what the variables hold until the unit's end.
func keep(ptrs []any) {
	if !collects {
		return
	}
	for _, p := range ptrs {
		if p == nil {
			continue
		}
		v := reflect.ValueOf(p).Elem()
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		kept = append(kept, c)
	}
}

// Take gives a variable's value and, where garbage is to be collected, leaves
// nothing in it: then the call's arguments are all that holds what they point at.
func Take[T any](p *T) T {
	v := *p
	if collects {
		var zero T
		*p = zero
	}
	return v
}

// disturb begins to collect garbage on another goroutine.
func disturb() {
	if !preempts {
		return
	}
	go func() {
		for {
			runtime.GC()
		}
	}()
}

// budget is how long a unit's call is repeated under preemption.
var budget = milliseconds("GOABI_REPEAT")

func milliseconds(name string) time.Duration {
	n, _ := strconv.Atoi(os.Getenv(name))
	return time.Duration(n) * time.Millisecond
}

// repeat makes a unit's call again and again, on a goroutine of its own and
// without a record, so that a preemption has a chance at each instruction of
// the callee. How often is not told: what is recorded is the same each time.
// Nor is how a call ends that was judged the first time: what has a state of its
// own may panic or wait for ever the second time, and is left alone.
func repeat(u Unit) {
	if !preempts || !called || u.Goexit || u.Asleep {
		return
	}
	quiet, repeating = true, true
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { recover() }()
		begun := time.Now()
		for rounds := 1; ; {
			for i := 0; i < rounds; i++ {
				u.F()
			}
			gone := time.Since(begun)
			if gone >= budget {
				return
			}
			if gone < budget/16 {
				rounds *= 2
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(4*budget + time.Second):
	}
	// Of what it left behind the next unit is not to be told.
	left()
	quiet, repeating = false, false
}

// fill calls itself until the stack moves, or until so many frames are there,
// and then f; it gives the number of frames that were there before.
//
//go:noinline
func fill(frames, most int, first *byte, base uintptr, f func()) int {
	var pad [64]byte
	pad[frames&63] = 1
	if uintptr(unsafe.Pointer(first)) != base {
		return frames - 1
	}
	if frames == most {
		f()
		return frames
	}
	n := fill(frames+1, most, first, base, f)
	if pad[frames&63] != 1 {
		panic("goabi: a frame was overwritten")
	}
	return n
}

// nearly calls f with little room on the stack: as little as fits, and a few
// frames more, in turns.
func nearly(turn int, f func()) {
	room := make(chan int)
	go func() {
		var first byte
		room <- fill(0, 1<<20, &first, uintptr(unsafe.Pointer(&first)), f)
	}()
	most := <-room - 1 - turn%6
	if most < 1 {
		f()
		return
	}
	var first byte
	fill(0, most, &first, uintptr(unsafe.Pointer(&first)), f)
}
