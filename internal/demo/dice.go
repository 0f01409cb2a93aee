package demo

import (
	"math/rand/v2"
	"sync"
)

// dice are the cluster's random numbers: the same for the same seed.
type dice struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func newDice(seed uint64) *dice {
	return &dice{rng: rand.New(rand.NewPCG(seed, 0x6b76697374))}
}

// n returns a number from 0 to most-1.
func (d *dice) n(most int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.IntN(most)
}

// between returns a number from least to most.
func (d *dice) between(least, most int) int { return least + d.n(most-least+1) }

// bits returns 64 random bits.
func (d *dice) bits() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.Uint64()
}

// bytes returns n random bytes.
func (d *dice) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(d.bits())
	}
	return b
}

// pick returns one of the choices.
func pick[T any](d *dice, choices []T) T { return choices[d.n(len(choices))] }
