package rt

import "unsafe"

// held is what C has values of: the garbage collector does not look there.
var held [][]any

// Pointer is for packages that need not import package unsafe.
type Pointer = unsafe.Pointer

// Hold keeps variables, and what they point at, until the unit's end.
func Hold(ptrs ...any) {
	held = append(held, ptrs)
}

// As gives a variable's memory as a value of another type of the same shape.
func As[To, From any](p *From) To {
	return *(*To)(unsafe.Pointer(p))
}
