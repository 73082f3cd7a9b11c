package main

import (
	"bytes"
	"strings"
	"testing"

	"liaison.example/office"
)

func TestAFormBroughtAlongIsShownAsTheRulesInForceKnowIt(t *testing.T) {
	brought := broughtAlong("ve")
	var said bytes.Buffer
	if f := agreeable(&terminal{err: &said}, brought, office.AheadRules-1); f.Ahead != nil || f.Code != "ve" {
		t.Errorf("under older rules %+v is shown", f.Ahead)
	}
	if text := said.String(); !strings.Contains(text, `left out is "ahead"`) || !strings.Contains(text, "needs version 6 of the rules, and version 5 is in force") {
		t.Errorf("it is said %q", text)
	}
	said.Reset()
	if f := agreeable(&terminal{err: &said}, brought, office.AheadRules); f != brought || said.Len() > 0 {
		t.Errorf("under the rules that know it, it is changed, or said is %q", said.String())
	}
}
