package web

import (
	"net/url"
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/records"
)

func TestANoteIsSaidReadAndSaidFormally(t *testing.T) {
	h, south, north := pair(t)
	south.get("/notes").want(t, 200, "Not a formal communication", "Nothing has been noted", "Note to North")
	form := url.Values{"channel": {"liaison"}, "text": {"Is the lift <working>?\r\nWe hear it."}, "once": {newKey()}}
	south.post("/notes", form).want(t, 303)
	south.post("/notes", form).want(t, 303) // pressed twice
	h.level()
	page := north.get("/notes?channel=liaison")
	page.want(t, 200, "Is the lift &lt;working&gt;?\nWe hear it.", "Duty officer", "Say it formally")
	if n := strings.Count(page.body, "We hear it."); n != 1 {
		t.Errorf("the note stands there %d times", n)
	}
	notes, _, err := h.nodes["north"].Records().Notes(t.Context(), records.NoteFilter{})
	must(t, err)
	north.get("/dispatches/new?note="+notes[0].ID.String()).want(t, 200, `value="Is the lift &lt;working&gt;?"`, "We hear it.")
	north.get("/dispatches/new?note=south/999").want(t, 404)
	north.get("/record").want(t, 200, "Says something informally", "Is the lift")

	form.Set("once", newKey())
	for text, says := range map[string]string{
		"":                        "it must not be empty",
		strings.Repeat("x", 2001): "the limit is",
		"turned \u202e round":     "must not have",
		"turned \u2066 round":     "hides or turns",
	} {
		form.Set("text", text)
		south.post("/notes", form).want(t, 422, says)
	}
	form.Set("text", "Kept.")
	form.Set("channel", "river")
	south.post("/notes", form).want(t, 422, "no channel “river”", "Kept.")
	south.get("/notes?channel=river").want(t, 404)
	south.get("/notes?before=x").want(t, 404)
}

func TestNotesArePaged(t *testing.T) {
	h, south := ours(t)
	for i := range notesLength + 1 {
		h.act("south", "duty-officer", office.KindNote, &office.NoteBody{Channel: "liaison", Text: "note " + strings.Repeat("i", i+1) + ".", To: []office.Side{"north"}})
	}
	page := south.get("/notes")
	page.want(t, 200, "Older notes", "note ii.")
	if strings.Contains(page.body, "note i.") {
		t.Error("the first note stands on the newest page")
	}
	start := strings.Index(page.body, "/notes?before=")
	if start < 0 {
		t.Fatal("there is no way to the older ones")
	}
	older := strings.ReplaceAll(page.body[start:start+strings.IndexByte(page.body[start:], '"')], "&amp;", "&")
	south.get(older).want(t, 200, "note i.", "The newest notes")
}

func TestAFlashOpensALineBetweenTheDutyOfficers(t *testing.T) {
	h, south, north := pair(t)
	flash := h.act("south", "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Flash, Subject: "Fire", Text: "It burns.", Mark: office.Exercise})
	calm := h.send("south", office.Routine, "liaison", "Calm", "Calm.")
	h.level()
	href := "/dispatches/" + flash.String()
	for side, c := range map[string]client{"south": south, "north": north} {
		page := c.get(href)
		page.want(t, 200, "Coordination line", `name="about" value="`+flash.String()+`"`, `value="exercise" selected`)
		if strings.Contains(page.body, `class="said"`) {
			t.Errorf("%s has a note that nobody wrote", side)
		}
	}
	if answer := north.post(href+"/acknowledge", nil); answer.header.Get("Location") != href+"#coordination" {
		t.Errorf("who acknowledges a FLASH is led to %q", answer.header.Get("Location"))
	}
	form := url.Values{"channel": {"liaison"}, "about": {flash.String()}, "text": {"Who is <there>?"}, "mark": {"exercise"}, "once": {newKey()}}
	if answer := north.post("/notes", form); answer.status != 303 || answer.header.Get("Location") != href+"#coordination" {
		t.Errorf("the note led to %d %q", answer.status, answer.header.Get("Location"))
	}
	north.post("/notes", form).want(t, 303) // pressed twice
	h.level()
	for _, c := range []client{south, north} {
		if n := strings.Count(c.get(href).body, "Who is &lt;there&gt;?"); n != 1 {
			t.Errorf("the note stands %d times on the dispatch", n)
		}
	}
	south.get("/notes").want(t, 200, "Who is &lt;there&gt;?", href)

	// Of any other dispatch the page only leads to a note about it.
	page := north.get("/dispatches/" + calm.String())
	page.want(t, 200, "Coordination notes about it", `href="/notes?about=`+calm.String()+`"`)
	if strings.Contains(page.body, `name="about"`) || strings.Contains(page.body, "Who is") {
		t.Error("a calm dispatch opens a line, or shows a note about another")
	}
	north.get("/notes?about="+calm.String()).want(t, 200, `name="about" value="`+calm.String()+`"`, "/dispatches/"+calm.String())
	form = url.Values{"channel": {"liaison"}, "about": {calm.String()}, "text": {""}, "once": {newKey()}}
	north.post("/notes", form).want(t, 422, "it must not be empty", `name="about" value="`+calm.String()+`"`)
	form.Set("about", "x")
	north.post("/notes", form).want(t, 404)
	north.get("/notes?about=x").want(t, 404)
	north.get("/notes?about=north/99").want(t, 404)
}
