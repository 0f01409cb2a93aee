// Command animate makes one animated GIF of pictures of a screen. It reads
// lines from standard input, each with the name of a PNG file and for how many
// milliseconds it is shown:
//
//	animate film.gif <frames
//
// All pictures share one palette, so that what does not change keeps its
// colour, and each holds only what changed since the one before. A common
// encoder would choose and dither colours for photographs, and make a larger
// file whose letters flicker.
//
// It is for the pictures of the README only; kvist does not use it.
package main
