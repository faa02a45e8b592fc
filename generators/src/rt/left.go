package rt

import (
	"runtime"
	"strings"
)

// remaining are the goroutines that earlier units left behind, by their numbers.
var remaining = map[string]bool{}

// left counts the goroutines that a unit leaves behind. One that runs or can
// run is waited for: it will end, or wait for something, or keep us here until
// our time is up. One that waits does so for good, since nobody is left who
// could wake it.
func left() int {
	expected := 1
	if preempts {
		expected++
	}
	// The unit's own goroutine is often about to end. Waiting for it takes no memory:
	// a survey does, and many of them make a collection, which is for the unit to order.
	for tries := 0; tries < 20000 && runtime.NumGoroutine() > expected+len(remaining); tries++ {
		runtime.Gosched()
	}
	if runtime.NumGoroutine() <= expected && len(remaining) == 0 {
		return 0
	}
	for {
		if waiting, moving := survey(); !moving {
			for _, id := range waiting {
				remaining[id] = true
			}
			return len(waiting)
		}
		runtime.Gosched()
	}
}

// survey gives the goroutines that wait, and whether any other is under way.
func survey() (waiting []string, moving bool) {
	// The first one is this one.
	for _, g := range strings.Split(stacks(), "\n\n")[1:] {
		id, rest, _ := strings.Cut(strings.TrimPrefix(g, "goroutine "), " ")
		_, state, _ := strings.Cut(rest, "[")
		switch {
		case remaining[id], strings.Contains(g, "\ncreated by runtime."), strings.Contains(g, "/rt.disturb"):
			// Told before; a finalizer's; stress's own.
		case waits(state, g):
			waiting = append(waiting, id)
		default:
			moving = true
		}
	}
	return waiting, moving
}

// waits says whether a goroutine of that state waits for another one, or for
// something outside. What the runtime makes a goroutine wait for itself, as
// for a collection's end, comes to pass by itself.
func waits(state, stack string) bool {
	for _, word := range []string{"chan ", "select", "sync.", "sleep", "IO wait", "coroutine"} {
		if strings.HasPrefix(state, word) {
			return true
		}
	}
	return strings.HasPrefix(state, "semacquire") && strings.Contains(stack, "sync.")
}

// stacks are the tracebacks of all goroutines, this one's first.
func stacks() string {
	for size := 1 << 16; ; size *= 2 {
		b := make([]byte, size)
		if n := runtime.Stack(b, true); n < size {
			return string(b[:n])
		}
	}
}
