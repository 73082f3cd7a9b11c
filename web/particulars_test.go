package web

import (
	"net/url"
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/people"
)

func TestWhatADispatchSaysOfItselfGoesOut(t *testing.T) {
	h, kim, _, head := desk(t)
	first := h.send("south", office.Routine, "liaison", "Before", "One.")
	form := dispatchForm("The survey", "Two days later.")
	for name, value := range map[string]string{
		"name": "Head of the South", "attention": "Head of the <North>", "mark": "exercise", "releasable": "party", "party": "The court",
		"references": first.String() + ",", "do": "save",
	} {
		form.Set(name, value)
	}
	page := strings.TrimSuffix(kim.post("/dispatches", form).header.Get("Location"), "/edit")
	kim.get(page+"/edit").want(t, 200, `value="Head of the South"`, `value="exercise" checked`, `value="party" selected`, `value="The court"`, first.String())
	kim.get(page).want(t, 200, "Exercise", "Head of the &lt;North&gt;", "to The court", "No. 1 of South")
	released := head.post(page+"/release", version(1))
	released.want(t, 303)
	id, err := office.ParseEntryID(strings.TrimPrefix(released.header.Get("Location"), "/dispatches/"))
	must(t, err)
	line, _, err := h.nodes["south"].Records().Dispatch(t.Context(), id)
	must(t, err)
	if line.Name != "Head of the South" || line.Attention != "Head of the <North>" || line.Mark != office.Exercise || line.Party != "The court" || len(line.References) != 1 || line.References[0] != first {
		t.Errorf("released: %+v", line.Dispatch)
	}
}

func TestWhatIsTypedWronglyIsNamedAndKept(t *testing.T) {
	_, _, _, head := desk(t)
	for field, row := range map[string]struct{ value, says string }{
		"references": {"north/x", "“north/x” is not one of the values allowed"},
		"attention":  {strings.Repeat("x", 201), "201 characters; the limit is 200"},
		"mark":       {"joke", "“joke” is not one of the values allowed"},
	} {
		form := dispatchForm("The survey", "Two days later.")
		form.Set(field, row.value)
		head.post("/dispatches", form).want(t, 422, row.says, "Two days later.", row.value)
	}
	flash := dispatchForm("Too long", strings.Repeat("word ", 201))
	flash.Set("precedence", "FLASH")
	head.post("/dispatches", flash).want(t, 422, `id="text-error"`, "201 words; the limit is 200")
	form := dispatchForm("The survey", "Two days later.")
	form.Set("do", "save")
	form.Set("references", "north/x")
	page := strings.TrimSuffix(head.post("/dispatches", form).header.Get("Location"), "/edit")
	head.get(page).want(t, 200, "It cannot be released as it stands.", "north/x")
	head.post(page+"/release", version(1)).want(t, 422, "north/x")
	head.get(page).want(t, 200, "being drafted") // and not stuck in a release
}

func TestAReplyAndACorrectionNameWhatTheyAnswerAndMend(t *testing.T) {
	h, kim, _, head := desk(t)
	theirs := h.send("north", office.Immediate, "liaison", "Two boats", "Help.")
	h.level()
	ours := h.send("south", office.Routine, "liaison", "The list", "Eleven persons.")
	kim.get("/dispatches/"+ours.String()).want(t, 200, "relation=correction")
	kim.get("/dispatches/new?reply="+theirs.String()).want(t, 200, `name="reply" value="`+theirs.String()+`"`, "Replies to", "No. 1 of North")
	kim.get("/dispatches/new?relation=correction&dispatch="+ours.String()).want(t, 200, "Eleven persons.", `name="relation" value="correction"`, "Corrects")
	kim.get("/dispatches/new?relation=cancellation&dispatch="+ours.String()).want(t, 200, "Cancellation of No. 1 of South: The list")
	kim.get("/dispatches/new?relation=dance&dispatch="+ours.String()).want(t, 404)

	reply := dispatchForm("Re", "We come.")
	reply.Set("reply", theirs.String())
	a := head.post("/dispatches", reply)
	a.want(t, 303)
	head.get(a.header.Get("Location")).want(t, 200, "Replies to")
	mend := dispatchForm("The list", "Twelve persons.")
	mend.Set("relation", "correction")
	mend.Set("relates", ours.String())
	head.post("/dispatches", mend).want(t, 303)
	head.get("/dispatches/"+ours.String()).want(t, 200, "Corrected by")
	mend.Set("relates", "x")
	mend.Set("once", newKey())
	head.post("/dispatches", mend).want(t, 422, "Twelve persons.", "“x”")
}

func TestSidesAreInformed(t *testing.T) {
	h := open(t, []office.Side{"north", "south", "third"})
	h.staffed()
	h.level()
	south := client{t: t, url: h.serve("south").URL, cookie: h.account(people.Account{Name: "ahn", Person: "Ahn", Posts: []office.Post{"head"}})}
	form := dispatchForm("To one", "For the other to know.")
	form.Set("to", "north")
	form.Set("info", "third")
	form.Set("info-precedence", "FLASH")
	south.post("/dispatches", form).want(t, 422, "For the other to know.", `value="third" checked`)
	form.Set("info-precedence", "ROUTINE")
	form.Set("once", newKey())
	a := south.post("/dispatches", form)
	a.want(t, 303)
	south.get(a.header.Get("Location")).want(t, 200, "for information")
	south.get("/drafts?show=former").want(t, 200, "To one")
	south.post("/dispatches", url.Values{"do": {"review"}, "subject": {"Nobody"}}).want(t, 422, "Addressees: it must not be empty")
}
