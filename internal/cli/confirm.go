package cli

import (
	"bufio"
	"fmt"
	"strings"

	"kvist/internal/printable"
)

// confirmProtected asks for the profile's name before a protected store is
// changed. given is the value of --confirm.
func (p *Program) confirmProtected(t *target, given string) error {
	if !t.Protected || given == t.Profile {
		return nil
	}
	if given != "" {
		return fmt.Errorf("the profile is called %s: %w", t.Profile, errNotConfirmed)
	}
	answer, err := p.ask(fmt.Sprintf("%s is protected; type its name to change it: ", t.Profile),
		"the profile is protected; give its name with --confirm")
	if err == nil && answer != t.Profile {
		err = errNotConfirmed
	}
	return err
}

// ask puts a question to the person at the terminal; without a terminal it
// fails with what to do instead. It discards text that was typed before the
// question.
func (p *Program) ask(question, instead string) (string, error) {
	if !isTerminal(p.Stdin) {
		return "", fmt.Errorf("%s: %w", instead, errNotConfirmed)
	}
	dropTypedAhead(p.Stdin)
	fmt.Fprint(p.Stderr, printable.String(question))
	answer, err := bufio.NewReader(p.Stdin).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("no answer: %w", errNotConfirmed)
	}
	return strings.TrimSpace(answer), nil
}
