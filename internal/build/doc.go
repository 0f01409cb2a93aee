// Package build says which build of kvist this is. A release stamps it by the
// linker; any other build is described by what the go command records. It knows
// nothing else of kvist.
package build
