package api_test

import (
	"errors"
	"testing"

	"liaison.example/api"
	"liaison.example/office"
)

// noticeForm is a small form that asks for consent.
func noticeForm(code string) *office.Form {
	return &office.Form{
		Answers:    []office.Choice{{ID: "yes", Name: office.Words{"en": "Yes"}}, {ID: "no", Name: office.Words{"en": "No"}}},
		Asks:       office.AsksConsent,
		Code:       code,
		Fields:     []office.FormField{{ID: "what", Name: office.Words{"en": "What"}, Required: true, Type: office.FieldLine}, {ID: "from", Name: office.Words{"en": "From"}, Type: office.FieldMinute}},
		Name:       office.Words{"en": "Notice"},
		Precedence: office.Priority,
		Purpose:    office.Words{"en": "Works."},
	}
}

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if p, is := errors.AsType[*api.Problem](err); !is || p.Code != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func TestAFormIsAgreedUsedAndAnswered(t *testing.T) {
	o, south, north := two(t)
	ctx := t.Context()
	form := noticeForm("an")
	if _, err := south.ProposeForm(ctx, api.NewForm{Form: form, By: "head"}); err != nil {
		t.Fatal(err)
	}
	o.Equal()
	proposed, err := north.Forms(ctx, office.FormOpen, "an")
	if err != nil || len(proposed) != 1 || proposed[0].Hash != office.HashForm(form) || len(proposed[0].Agreed) != 1 {
		t.Fatalf("got %+v, %v", proposed, err)
	}
	filled := api.NewDispatch{
		Channel: "liaison", Precedence: office.Priority, Subject: "Works", By: "duty-officer",
		Particulars: api.Particulars{Form: &office.Filled{Code: "an", Values: map[string]string{"what": "굴착", "from": "2018-09-17T00:30Z"}}},
	}
	_, err = south.Send(ctx, filled, 0)
	wantCode(t, "before it is agreed", err, "form-unknown")
	if _, err := north.AgreeToForm(ctx, proposed[0].Hash, "head"); err != nil {
		t.Fatal(err)
	}
	o.Equal()
	row, err := south.Form(ctx, proposed[0].Hash)
	if err != nil || row.State != office.FormInForce || row.Since == nil {
		t.Fatalf("got %+v, %v", row, err)
	}
	_, err = south.Form(ctx, "0")
	wantCode(t, "no such form", err, api.CodeNotFound)

	draft, err := south.BeginDraft(ctx, api.NewDraft{By: "duty-officer", Content: api.DraftContent{Channel: "liaison", Form: &office.Filled{Code: "an", Values: map[string]string{}}}})
	if err != nil || draft.Content.Form.Hash != row.Hash {
		t.Errorf("the draft has the form %+v, %v", draft.Content.Form, err)
	}
	lacks := filled
	lacks.Form = &office.Filled{Code: "an", Values: map[string]string{}}
	_, err = south.Send(ctx, lacks, 0)
	wantCode(t, "without what must be said", err, "form-lacks")
	lacks.Form.Values = map[string]string{"from": "tomorrow", "where": "here"}
	_, err = south.Send(ctx, lacks, 0)
	wantCode(t, "with three faults", err, "form-lacks")
	if p, is := errors.AsType[*api.Problem](err); !is || len(p.More) != 2 || p.More[0].Code != "form-value" || p.More[0].Fields["field"] != "from" || p.More[1].Code != "form-field-unknown" ||
		p.Detail != `Form “an” wants “what”, which is missing. Form “an”, “from”: “tomorrow” is no minute. Form “an” does not ask for “where”.` {
		t.Errorf("of three faults is said %+v", p)
	}
	lacking, err := south.BeginDraft(ctx, api.NewDraft{By: "duty-officer", Content: api.DraftContent{
		Channel: "liaison", Precedence: office.Priority, Subject: "Works", To: []office.Side{"north"}, Form: lacks.Form}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = south.ReleaseDraft(ctx, lacking.ID, api.DraftAct{By: "duty-officer", Version: lacking.Version})
	wantCode(t, "a draft with three faults", err, "form-lacks")
	if p, is := errors.AsType[*api.Problem](err); !is || len(p.More) != 2 {
		t.Errorf("of three faults of a draft is said %+v", p)
	}
	sent, err := south.Send(ctx, filled, patience)
	if err != nil || sent.State != api.Received {
		t.Fatalf("got %+v, %v", sent, err)
	}
	o.Equal()
	got, err := north.Dispatch(ctx, sent.ID)
	if err != nil || got.Form == nil || got.Form.Hash != row.Hash || got.Form.Values["what"] != "굴착" || got.Text != "" {
		t.Fatalf("got %+v, %v", got, err)
	}
	reply := api.NewDispatch{
		Channel: "liaison", Precedence: office.Priority, Subject: "Re: Works", Text: "By day only.", By: "duty-officer",
		Particulars: api.Particulars{Reply: &sent.ID, Answer: "perhaps"},
	}
	_, err = north.Send(ctx, reply, 0)
	wantCode(t, "an answer that the form does not allow", err, "answer-unknown")
	reply.Answer = "yes"
	answer, err := north.Send(ctx, reply, patience)
	if err != nil {
		t.Fatal(err)
	}
	o.Equal()
	got, err = south.Dispatch(ctx, sent.ID)
	if err != nil || got.State != api.Answered || got.Handling == nil || len(got.Handling.Answered) != 1 ||
		got.Handling.Answered[0].ID != answer.ID || got.Handling.Answered[0].Answer != "yes" {
		t.Errorf("got %+v, %v", got, err)
	}
	page, err := north.Dispatches(ctx, api.Query{Form: "an"})
	if err != nil || len(page.Dispatches) != 1 || page.Dispatches[0].ID != sent.ID {
		t.Errorf("got %+v, %v", page, err)
	}
	_, err = north.Dispatches(ctx, api.Query{Form: "A N"})
	wantCode(t, "a code that is none", err, "bad-name")
}

// A crossing asked for too late is marked the same at both nodes, and is not refused.
func TestWhatWasReleasedLaterThanItsFormSaysIsMarked(t *testing.T) {
	o, south, north := two(t)
	ctx := t.Context()
	form := noticeForm("an")
	form.Fields[1].Required = true
	form.Ahead = &office.Ahead{Answer: 24, Field: "from", Release: 48}
	if _, err := south.ProposeForm(ctx, api.NewForm{Form: form, By: "head"}); err != nil {
		t.Fatal(err)
	}
	o.Equal()
	if _, err := north.AgreeToForm(ctx, office.HashForm(form), "head"); err != nil {
		t.Fatal(err)
	}
	o.Equal()
	for from, late := range map[office.Minute]bool{"2018-09-01T00:00Z": true, "2118-09-01T00:00Z": false} {
		sent, err := south.Send(ctx, api.NewDispatch{
			Channel: "liaison", Precedence: office.Priority, Subject: "Works", By: "duty-officer",
			Particulars: api.Particulars{Form: &office.Filled{Code: "an", Values: map[string]string{"what": "굴착", "from": string(from)}}},
		}, patience)
		if err != nil {
			t.Fatal(err)
		}
		o.Equal()
		moment, _ := from.Millis()
		for _, client := range []*api.Client{south, north} {
			got, err := client.Dispatch(ctx, sent.ID)
			if err != nil || (got.Late != nil) != late {
				t.Fatalf("%s: %+v, %v", from, got.Late, err)
			}
			if l := got.Late; late && (l.Field != "from" || l.Agreed != 48 || l.Moment.UnixMilli() != moment || l.BeforeMS != moment-got.At.UnixMilli()) {
				t.Errorf("%s: %+v", from, l)
			}
		}
	}
}
