package rt

import (
	"reflect"
	"runtime"
)

// One is 1; the compiler cannot know, since anyone may set it.
var One = 1

// Underway is what a caller panics with while it calls.
var Underway any = "goabi: a panic of the caller's"

// Zero is the zero value of a type, in an interface.
func Zero[T any]() any {
	var zero T
	return zero
}

// Goexit ends the goroutine.
func Goexit() {
	runtime.Goexit()
}

// Once is a sequence of one element.
func Once(yield func() bool) {
	yield()
}

// values are the variables that pointers point at.
func values(ptrs []any) []reflect.Value {
	out := make([]reflect.Value, len(ptrs))
	for i, p := range ptrs {
		out[i] = reflect.ValueOf(p).Elem()
	}
	return out
}

func call(f reflect.Value, args []reflect.Value) []reflect.Value {
	if f.Type().IsVariadic() {
		return f.CallSlice(args)
	}
	return f.Call(args)
}

func set(results []any, to []reflect.Value) {
	for i, v := range values(results) {
		v.Set(to[i])
	}
}

// Call calls a func value by package reflect. The arguments and results are
// pointers to variables.
func Call(f any, args, results []any) {
	set(results, call(reflect.ValueOf(f), values(args)))
}

// CallMethod calls the receiver's first exported method by package reflect.
func CallMethod(receiver any, args, results []any) {
	set(results, call(reflect.ValueOf(receiver).Method(0), values(args)))
}

// Method is the receiver's first exported method as a func value.
func Method(receiver any) any {
	return reflect.ValueOf(receiver).Method(0).Interface()
}

// MakeFunc makes a function, of the type that a nil pointer to it tells, which
// calls the given one by package reflect.
func MakeFunc(pointer, f any) any {
	ty := reflect.TypeOf(pointer).Elem()
	return reflect.MakeFunc(ty, func(args []reflect.Value) []reflect.Value {
		return call(reflect.ValueOf(f), args)
	}).Interface()
}
