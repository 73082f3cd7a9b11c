package office

import (
	"reflect"
	"testing"
)

func TestAPreparedBodyIsGivenOnceToTheRulesItIsFor(t *testing.T) {
	now := inForce(Kinds, Version, KindAcknowledge)
	older := *now // as if an older version had a line of its own
	e := &Entry{Kind: KindAcknowledge, Body: []byte(`{"dispatch":"north/3"}`)}
	want, _ := e.readAs(now)

	e.Prepare(Version)
	prepared := e.prepared.body
	first, verdict := e.readAs(now)
	if first != prepared || !verdict.Done() || !reflect.DeepEqual(first, want) {
		t.Errorf("prepared %+v, given %+v, %v", prepared, first, verdict)
	}
	if again, verdict := e.readAs(now); again == first || !verdict.Done() || !reflect.DeepEqual(again, want) {
		t.Errorf("the second time %+v, %v", again, verdict)
	}

	e.Prepare(Version)
	if prepared = e.prepared.body; prepared == nil {
		t.Fatal("it was not prepared again")
	}
	if other, verdict := e.readAs(&older); other == prepared || !verdict.Done() || !reflect.DeepEqual(other, want) {
		t.Errorf("other rules are given %+v, %v", other, verdict)
	}
}

func TestABrokenBodyStaysBrokenWhenPrepared(t *testing.T) {
	kind := inForce(Kinds, Version, KindAcknowledge)
	for _, body := range []string{`{}`, `[]`, `{"dispatch":"north"}`, ``} {
		e := &Entry{Kind: KindAcknowledge, Body: []byte(body)}
		_, want := e.readAs(kind)
		e.Prepare(Version)
		if _, verdict := e.readAs(kind); verdict.Done() || !reflect.DeepEqual(verdict, want) {
			t.Errorf("%s: %v, want %v", body, verdict, want)
		}
	}
	unknown := &Entry{Kind: "unheard-of", Body: []byte(`{}`)}
	if unknown.Prepare(Version); unknown.prepared != nil {
		t.Error("the body of an unknown kind is prepared")
	}
}
