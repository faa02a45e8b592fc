package rt

import "unsafe"

// At is a place in memory that no type describes, since assembly wrote it.
func At(memory []uint64, offset uintptr) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(&memory[0]), offset)
}

// Spoil overwrites such memory.
func Spoil(memory []uint64) {
	for i := range memory {
		memory[i] = 0xd1d2d3d4d5d6d7d8
	}
}
