package liaisontest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"liaison.example/link"
)

// header is what stands in any header line of the link, as far as Words needs
// it.
type header struct {
	Checkpoint string
	Code       string
	Count      int64
	Digest     string
	Entry      string
	From       int64
	Ledger     string
	Ledgers    map[string]struct {
		Size     int64
		Cosigned map[string]int64
	}
	Mode  string
	Notes []struct {
		By, Ledger string
		Size       int64
	}
	Receipt string
	Settled struct{ Count int64 }
	Size    int64
	Want    []string
}

// Words says in words what passed.
func Words(p Passage) string {
	text := askedWords(p.Request)
	if p.Again {
		text += " (once more)"
	}
	switch {
	case errors.Is(p.Err, context.DeadlineExceeded):
		return text + " -> no answer in time"
	case p.Err != nil:
		return text + " -> no answer"
	}
	return text + " -> " + answerWords(p.Request.Door, p.Answer)
}

func read(body []byte) (header, bool) {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	var h header
	return h, json.Unmarshal(line, &h) == nil
}

func askedWords(q link.Request) string {
	h, ok := read(q.Body)
	switch {
	case !ok:
		return fmt.Sprintf("%s, garbled", q.Door)
	case q.Door == link.DoorHello:
		return "hello, " + helloWords(h)
	case q.Door == link.DoorExtend:
		return fmt.Sprintf("push %s %d+%d", h.Ledger, h.From, h.Count)
	case q.Door == link.DoorFetch:
		return fmt.Sprintf("fetch %s from %d", h.Ledger, h.From)
	}
	return fmt.Sprintf("digest at %d", h.Count)
}

func answerWords(door link.Door, a link.Answer) string {
	h, ok := read(a.Body)
	switch {
	case !ok:
		return fmt.Sprintf("%d, garbled", a.Status)
	case a.Status != 200 && h.Code == "stale":
		text := fmt.Sprintf("stale, holds %d", h.Size)
		if h.Receipt != "" {
			text += ", receipt"
		}
		return text
	case a.Status != 200:
		return fmt.Sprintf("%d %s", a.Status, h.Code)
	case door == link.DoorHello:
		return helloWords(h)
	case door == link.DoorExtend:
		text := fmt.Sprintf("holds %d", h.Size)
		if h.Receipt != "" {
			text += ", receipt"
		}
		return text
	case door == link.DoorFetch:
		return fmt.Sprintf("%s %d+%d", h.Ledger, h.From, h.Count)
	}
	return fmt.Sprintf("%.8s, %s", h.Digest, h.Entry)
}

func helloWords(h header) string {
	var parts []string
	for _, side := range slices.Sorted(maps.Keys(h.Ledgers)) {
		parts = append(parts, fmt.Sprintf("%s:%d", side, h.Ledgers[side].Size))
	}
	for _, n := range h.Notes {
		parts = append(parts, fmt.Sprintf("%s's receipt for %s:%d", n.By, n.Ledger, n.Size))
	}
	if h.Settled.Count > 0 {
		parts = append(parts, fmt.Sprintf("settled %d", h.Settled.Count))
	}
	if len(h.Want) > 0 {
		parts = append(parts, "wants "+strings.Join(h.Want, " "))
	}
	if h.Mode != "ready" {
		parts = append(parts, h.Mode)
	}
	return strings.Join(parts, " ")
}
