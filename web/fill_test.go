package web

import (
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/forms"
	"liaison.example/office"
	"liaison.example/people"
)

// agreeOn puts a form that Liaison brings along in force, and gives its hash.
func (h *house) agreeOn(code string) string {
	h.t.Helper()
	i := slices.IndexFunc(forms.Catalog(), func(f *office.Form) bool { return f.Code == code })
	if i < 0 {
		h.t.Fatalf("there is no form %s", code)
	}
	form := forms.Catalog()[i]
	h.agreeForm(form)
	return office.HashForm(form)
}

func TestAFormIsFilledInReadAndAnswered(t *testing.T) {
	h, kim, _, head := desk(t, "north")
	head.get("/dispatches/new").want(t, 200)
	if page := head.get("/dispatches/new"); strings.Contains(page.body, "Take this form") {
		t.Error("a form is offered before any is in force")
	}
	hash := h.agreeOn("ve")
	kim.get("/dispatches/new").want(t, 200, "Take this form", "VE · ", `value="`+hash+`"`)
	kim.get("/dispatches/new?form=ve").want(t, 200, `name="form" value="`+hash+`"`, `name="field-craft"`, "Silence is not consent", "Clock of Asia/Seoul")

	// Another form comes with its fields, and what was typed stays.
	form := dispatchForm("", "The text stays.")
	form.Set("do", "form")
	form.Set("take", hash)
	taken := kim.post("/dispatches", form)
	taken.want(t, 200, "The text stays.", `name="field-craft"`, `value="PRIORITY" checked`)
	if list, err := h.nodes["south"].People().Drafts(t.Context(), people.Hand{}, people.ShelfOpen, 0, 10); err == nil && len(list) > 0 {
		t.Errorf("%d drafts were begun by looking at a form", len(list))
	}

	form = dispatchForm("Crossing", "")
	form.Set("form", hash)
	form.Set("precedence", "PRIORITY")
	form.Set("field-craft", "어선 제3호")
	form.Set("field-back", "the day after tomorrow")
	head.post("/dispatches", form).want(t, 422, "The form is not filled in as it must be", "must be filled in", "어선 제3호", "the day after tomorrow",
		html.EscapeString("“the day after tomorrow” is not a time such as"), `aria-invalid="true"`)
	form.Set("do", "save")
	page := strings.TrimSuffix(kim.post("/dispatches", form).header.Get("Location"), "/edit")
	kim.get(page).want(t, 200, "어선 제3호", "It cannot be released as it stands.", "must be filled in")
	head.post(page+"/release", version(1)).want(t, 422, "missing")

	whole := fillAll(t, hash, h)
	for name := range whole {
		form.Set(name, whole.Get(name))
	}
	form.Set("field-craft", "어선 제3호")
	form.Set("field-back", "2018-10-15 18:30")
	form.Set("once", newKey())
	form.Set("do", "release")
	late := "Released now, it is late: “Time of crossing” is past; at least 48 hours before are agreed."
	head.post("/dispatches", form).want(t, 200, late, "Change it, or release it once more as it is.", `name="looked" value=" /  / late"`)
	form.Set("looked", " /  / late")
	form.Set("once", newKey())
	form.Set("field-craft", "어선 \u2066제3호")
	head.post("/dispatches", form).want(t, 422, "hides or turns")
	form.Set("field-craft", "어선 제3호")
	form.Set("do", "save")
	form.Set("version", "1")
	kim.post(page, form).want(t, 303)
	kim.get(page).want(t, 200, "어선 제3호", late)
	if strings.Contains(kim.get(page).body, "It cannot be released") {
		t.Error("the form is still said to lack something")
	}
	kim.get(page+"/edit").want(t, 200, `value="2018-10-15 09:30"`)
	released := head.post(page+"/release", version(2))
	released.want(t, 303)
	id, err := office.ParseEntryID(strings.TrimPrefix(released.header.Get("Location"), "/dispatches/"))
	must(t, err)
	line, _, err := h.nodes["south"].Records().Dispatch(t.Context(), id)
	must(t, err)
	if line.Form == nil || line.Form.Hash != hash || line.Text != "" || !slices.Contains(values(line.Form.Values), "2018-10-15T00:30Z") {
		t.Fatalf("released: %+v", line.Dispatch.Form)
	}
	h.level()
	north := client{t: t, url: h.serve("north").URL, cookie: h.cookie("north", "duty-officer")}
	north.get("/dispatches/"+id.String()).want(t, 200, "VE", "/forms/"+hash, "어선 제3호", "2018-10-15 09:30", "Silence is not consent",
		"It is released at least 24 hours before “Time of crossing”. The answer is due before it. With “Vessel” it is released at least 48 hours before. The answer is due at least 24 hours before.",
		"Late: released only after “Time of crossing”; at least 48 hours before are agreed.")
	head.get("/dispatches/"+id.String()).want(t, 200, "Late: released only after “Time of crossing”")
	north.get("/dispatches/"+id.String()+"/sheet").want(t, 200, "VE", "어선 제3호", "Late: released only after “Time of crossing”; at least 48 hours before are agreed.")
	for _, c := range []client{head, north} {
		if list := c.get("/"); strings.Count(list.body, "Released late: only after “Time of crossing”") != 1+strings.Count(list.body, `<li class="wait`) {
			t.Errorf("the list says that it was late elsewhere than with the dispatch, and with what waits: %s", list.body)
		}
	}
	north.get("/dispatches/new?reply="+id.String()).want(t, 200, `name="answer"`, "No answer yet")
	reply := dispatchForm("Re: Crossing", "How large is she?")
	reply.Set("reply", id.String())
	north.post("/dispatches", reply).want(t, 303)
	h.level()
	if stage := h.stage("south", id); stage == office.StageAnswered {
		t.Error("a question counts as an answer")
	}
	reply = dispatchForm("Re: Crossing", "By day.")
	reply.Set("reply", id.String())
	reply.Set("answer", "perhaps")
	north.post("/dispatches", reply).want(t, 422, "is not an answer that the form")
	reply.Set("once", newKey())
	reply.Set("answer", "consent")
	answered := north.post("/dispatches", reply)
	answered.want(t, 303)
	north.get(answered.header.Get("Location")).want(t, 200, "<dt>Answer</dt>")
	h.level()
	head.get("/dispatches/"+id.String()).want(t, 200, "Answer: ")
	if stage := h.stage("south", id); stage != office.StageAnswered {
		t.Errorf("answered, its stage is %s", stage)
	}
}

// stage is that of a dispatch for its first addressee.
func (h *house) stage(at office.Side, id office.EntryID) office.Stage {
	line, found, err := h.nodes[at].Records().Dispatch(h.t.Context(), id)
	if err != nil || !found {
		h.t.Fatal(found, err)
	}
	return office.StageOf(&line.Dispatch, line.Acknowledged, &line.Handling, line.To[0])
}

func values(m map[string]string) (list []string) {
	for _, value := range m {
		list = append(list, value)
	}
	return list
}

// fillAll gives a value as a person types it for each field that a form requires.
func fillAll(t *testing.T, hash string, h *house) url.Values {
	t.Helper()
	row, found, err := h.nodes["south"].Records().Form(t.Context(), hash)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	form := url.Values{}
	for _, f := range row.Form.Fields {
		value := map[office.FieldType]string{
			office.FieldLine: "x", office.FieldText: "x\r\ny", office.FieldNumber: "3", office.FieldDate: "2018-10-15", office.FieldMinute: "2018-10-15 09:30",
			office.FieldPosition: "37.9321, 126.5567",
		}[f.Type]
		if f.Type == office.FieldChoice {
			value = f.Choices[0].ID
		}
		if f.Required {
			form.Set(fieldPrefix+f.ID, value)
		}
	}
	return form
}

func TestAReplyTakesUpTheFormThatItAnswers(t *testing.T) {
	h, kim, _, _ := desk(t)
	inWords := *forms.Catalog()[slices.IndexFunc(forms.Catalog(), func(f *office.Form) bool { return f.Code == "cq" })]
	inWords.Answers = nil // those that list answers are answered by choosing one
	h.agreeForm(&inWords)
	hash := office.HashForm(&inWords)
	body := &office.DispatchBody{Channel: "liaison", Precedence: office.Priority, Subject: "Fire", To: []office.Side{"south"},
		Form: &office.Filled{Code: "cq", Hash: hash, Values: map[string]string{}}}
	for name, list := range fillAll(t, hash, h) {
		body.Form.Values[strings.TrimPrefix(name, fieldPrefix)] = strings.ReplaceAll(list[0], "\r", "")
	}
	for id, value := range body.Form.Values {
		if value == "2018-10-15 09:30" {
			body.Form.Values[id] = "2018-10-15T00:30Z"
		}
	}
	id := h.act("north", "head", office.KindDispatch, body)
	h.level()
	kim.get("/dispatches/new?reply="+id.String()).want(t, 200, `name="form" value="`+hash+`"`)
	kim.get("/dispatches/"+id.String()).want(t, 200, "Silence is no answer", "due within 48 hours", "That is until")
}

// filledIn agrees on two forms; south gives a notice by one, north asks by the
// other for consent.
func (h *house) filledIn() (notice, request office.EntryID) {
	an, ve := h.agreeOn("an"), h.agreeOn("ve")
	notice = h.act("south", "duty-officer", office.KindDispatch, &office.DispatchBody{
		Channel: "liaison", Precedence: office.Priority, To: []office.Side{"north"}, Subject: "Works on the road to the house / 사무소 진입로 보수",
		Text: "The usual road is closed on these days. The bypass is marked.",
		Form: &office.Filled{Code: "an", Hash: an, Values: map[string]string{
			"sort": "works", "what": "Repair of the road surface.\n노면 보수.", "place": "Road from the gate to the house / 정문–사무소 도로", "position": "37.9321,126.5567",
			"from": "2018-10-22T00:00Z", "until": "2018-10-24T08:00Z", "units": "Twelve workers, two excavators, unarmed.", "contact": "Duty officer, this channel",
		}},
	})
	request = h.act("north", "duty-officer", office.KindDispatch, &office.DispatchBody{
		Channel: "liaison", Precedence: office.Priority, To: []office.Side{"south"}, Subject: "산림조사단의 통행과 관련하여",
		Form: &office.Filled{Code: "ve", Hash: ve, Values: map[string]string{
			"sort": "road", "body": "산림조사단", "leader": "조사단 단장", "number": "11", "persons": "조사원 9명, 운전사 2명", "aim": "산림공동조사",
			"route": "동부지구 도로", "there": "2018-10-23T00:30Z", "contact": "당직관, 이 통로",
		}},
	})
	h.act("south", "duty-officer", office.KindNote, &office.NoteBody{Channel: "liaison", Text: "Is the lift working on your side?", To: []office.Side{"north"}})
	h.level()
	h.act("north", "duty-officer", office.KindNote, &office.NoteBody{Channel: "liaison", Text: "오늘 아침부터 움직입니다.\n통행 차량은 정문 앞에 세워주십시오.", To: []office.Side{"south"}, About: &request})
	day := []office.Span{{From: "09:00", Until: "12:00"}, {From: "13:00", Until: "17:00"}}
	for side, offset := range map[office.Side]int64{"south": 540, "north": 510} {
		h.act(side, "head", office.KindHours, &office.HoursBody{
			From: office.MinuteOf(h.now().Add(24 * time.Hour).UnixMilli()), Zone: sideFixtures[side].Zone, Week: [][]office.Span{day, day, day, day, day, {}, {}},
			Holidays: []office.Holiday{{Date: "2099-10-09", Hours: []office.Span{}, Name: office.Words{"en": "Hangul Day", "ko": "한글날"}}},
			Offsets:  []office.Offset{{From: "2015-08-14T15:00Z", Minutes: offset}},
		})
	}
	h.level()
	return notice, request
}
