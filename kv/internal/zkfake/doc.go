// Package zkfake is a small ZooKeeper in memory, for the tests of the packages beside it. It reads,
// watches, creates, deletes and answers srvr, and its own methods change nodes too. It knows no
// rights, and leaves out whatever those tests do not need.
package zkfake
