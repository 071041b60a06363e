// Runs commands by turns and prints, for each, the median of its wall time (microseconds) and of its peak memory (KiB).
//
//	measure ROUNDS COMMAND... [-- COMMAND...]...
//
// By turns, so that whatever else the machine does falls on all of them alike. The first round does not count.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type samples struct{ micros, kib []int64 }

func main() {
	if len(os.Args) < 3 {
		fail("usage: measure ROUNDS COMMAND... [-- COMMAND...]...")
	}
	rounds, err := strconv.Atoi(os.Args[1])
	if err != nil || rounds < 1 {
		fail("not a number of rounds: " + os.Args[1])
	}
	commands := split(os.Args[2:])
	taken := make([]samples, len(commands))
	for round := range rounds + 1 {
		for i, command := range commands {
			micros, kib := run(command)
			if round > 0 {
				taken[i].micros = append(taken[i].micros, micros)
				taken[i].kib = append(taken[i].kib, kib)
			}
		}
	}
	for _, each := range taken {
		fmt.Println(median(each.micros), median(each.kib))
	}
}

func split(words []string) [][]string {
	commands := [][]string{nil}
	for _, word := range words {
		if word == "--" {
			commands = append(commands, nil)
			continue
		}
		last := len(commands) - 1
		commands[last] = append(commands[last], word)
	}
	if slices.ContainsFunc(commands, func(command []string) bool { return len(command) == 0 }) {
		fail("a command is empty")
	}
	return commands
}

// Linux counts this program's own memory (a few MB) as the least that a child has had.
func run(words []string) (micros, kib int64) {
	command := exec.Command(words[0], words[1:]...)
	command.Stderr = os.Stderr
	begun := time.Now()
	if err := command.Run(); err != nil {
		fail(strings.Join(words, " ") + ": " + err.Error())
	}
	micros = time.Since(begun).Microseconds()
	return micros, command.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
}

func median(values []int64) int64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, "error: "+message)
	os.Exit(1)
}
