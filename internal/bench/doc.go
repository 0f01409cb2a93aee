// Command bench measures kvist against its targets: it starts the servers,
// loads the data, runs kvist and the tool it is compared with by turns in a
// pseudo terminal, and prints one table.
//
//	go run ./internal/bench [-keys N] [-beyond N] [-rows REGEXP] [-rounds N]
//
// Progress goes to standard error, the table to standard output. The command
// fails when something could not be measured; a missed target is a row of the
// table and no failure.
//
// Each server and subject has a file; explorer.go alone knows how kvist's
// screen looks. Benchmarks of single functions do not belong here but in the
// tests of their packages (make microbench).
package main
