package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"liaison.example/office"
)

// What a consent binds the side to was written by another: it is shown, with what it
// changes, before the question.

// maxDifferences bounds how many lines are shown of what a proposal changes.
const maxDifferences = 400

// sayProposal shows who proposes a text, and what it changes.
func (t *terminal) sayProposal(what string, by office.Post, side office.Side, at, note string, lines []string) {
	t.say("%s proposed by %s of %s %s", what, by, side, at)
	if note != "" {
		t.say("Note: %s", printable(note))
	}
	for i, line := range lines {
		if i == maxDifferences {
			t.say("  ... and %d lines more", len(lines)-i)
			break
		}
		t.say("  %s", line)
	}
}

// askToAgree asks whether the side consents; the error says that nothing was agreed to.
func (t *terminal) askToAgree(question string) error {
	yes, err := t.ask(question)
	if err == nil && !yes {
		err = errors.New("nothing was agreed to")
	}
	return err
}

// differences lists what another text of the same sort changes, each member of it with
// the words of before (-) and those that are proposed (+). before may be nil.
func differences[T any](before, after *T) ([]string, error) {
	was, now := map[string]string{}, map[string]string{}
	for _, one := range []struct {
		text *T
		into map[string]string
	}{{before, was}, {after, now}} {
		if one.text == nil {
			continue
		}
		raw, err := json.Marshal(one.text)
		if err != nil {
			return nil, err
		}
		var members any
		if err := json.Unmarshal(raw, &members); err != nil {
			return nil, err
		}
		flatten("", members, one.into)
	}
	all := maps.Clone(was)
	maps.Copy(all, now)
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		old, had := was[name]
		text, has := now[name]
		if old == text && had == has {
			continue
		}
		if had {
			lines = append(lines, "- "+name+": "+old)
		}
		if has {
			lines = append(lines, "+ "+name+": "+text)
		}
	}
	return lines, nil
}

// flatten names each member of a text by the way to it, such as clocks.FLASH.acknowledge.
// What stands in a list and has a name of its own goes by that, wherever it stands.
func flatten(name string, value any, into map[string]string) {
	under := func(part string) string {
		if name == "" {
			return part
		}
		return name + "." + part
	}
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			flatten(under(printable(key)), member, into)
		}
	case []any:
		for i, member := range value {
			part := strconv.Itoa(i + 1)
			if object, is := member.(map[string]any); is {
				for _, key := range []string{"id", "precedence", "side"} {
					if text, has := object[key].(string); has {
						part = printable(text)
						into[under(part)+".place"] = strconv.Itoa(i + 1)
						break
					}
				}
			}
			flatten(under(part), member, into)
		}
	default:
		into[name] = printable(fmt.Sprint(value))
	}
}
