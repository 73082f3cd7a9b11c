package liaisontest_test

import (
	"errors"
	"testing"

	"liaison.example/ledger"
	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
)

// A side whose program is too old does not agree to rules that it does not know,
// also when others have still to agree.
func TestNobodyAgreesToRulesThatItsProgramDoesNotKnow(t *testing.T) {
	o := liaisontest.Open(t, "east", "north", "south")
	row, err := o.Nodes["north"].Records().Office(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	newer := *row.Charter
	newer.Rules = office.Version + 1
	body, err := office.Encode(&office.ProposeBody{Amends: row.Hash, Charter: &newer})
	if err != nil {
		t.Fatal(err)
	}
	l := o.Nodes["north"].Ledger()
	seen := map[string]int64{"east": l.Head("east").Placeable, "south": l.Head("south").Placeable}
	e, err := l.Draft(l.Head("north").Size, seen, o.Config("north").Now(), office.Operator, office.KindPropose, body)
	if err == nil {
		err = l.Append(t.Context(), []ledger.Entry{e})
	}
	if err != nil {
		t.Fatal(err)
	}
	o.Equal()
	_, err = o.Nodes["south"].Write(t.Context(), node.Act{By: office.Operator, Kind: office.KindAgree, Body: &office.AgreeBody{Hash: office.HashCharter(&newer)}})
	if refusal, is := errors.AsType[*node.Refusal](err); !is || refusal.Code != office.NeedsNewerRules || refusal.Detail["rules"] == "" {
		t.Errorf("got %v", err)
	}
	o.Send("south", "and it goes on")
	o.Equal()
}
