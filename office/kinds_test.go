package office

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// goldens lists a body of each kind. What it encodes to stands in
// spec/testdata/kinds and is never edited.
func goldens() map[string]any {
	return map[string]any{
		KindCharter: &CharterBody{Charter: testFounding()},
		KindPropose: &ProposeBody{
			Amends:  HashCharter(testFounding()),
			Charter: testCharters()["with-maritime"],
			Note:    "For the fishing season.",
		},
		KindAgree:   &AgreeBody{Hash: HashCharter(testCharters()["with-maritime"])},
		KindPost:    &DefaultPosts([]string{"ko", "en"})[1],
		KindPostEnd: &PostEndBody{Post: "duty-officer"},
		KindDispatch: &DispatchBody{
			Channel:    "liaison",
			Number:     1,
			Precedence: Routine,
			Subject:    "Opening of the office / 사무소 개소",
			Text:       "The office opens at 10:30.\n\t\"Ready\" <on our side> & waiting.\n사무소는 10시 30분에 문을 연다.",
			To:         []Side{"east", "north"},
		},
		KindAcknowledge: &AcknowledgeBody{Dispatch: EntryID{"south", 17}},
		KindConsider:    &ConsiderBody{Dispatch: EntryID{"south", 17}, Until: "2018-09-17T08:00Z"},
		KindClose:       &CloseBody{Dispatch: EntryID{"south", 17}},
		KindProposeForm: &ProposeFormBody{Form: testForm(), Note: "As talked over on Friday.", Replaces: ""},
		KindNote:        &NoteBody{About: &EntryID{"north", 5}, Channel: "liaison", Text: "Is the lift working?\n승강기가 움직입니까?", To: []Side{"north"}},
		KindHours: &HoursBody{
			From:     "2018-09-17T00:00Z",
			Holidays: []Holiday{{Date: "2018-10-09", Name: Words{"en": "Hangul Day", "ko": "한글날"}}},
			Offsets:  []Offset{{"2015-08-14T15:00Z", 510}, {"2018-05-04T15:00Z", 540}},
			Week:     weekdays,
			Zone:     "Asia/Pyongyang",
		},
		KindSuspension: &SuspensionBody{
			Channels: []string{"liaison", "maritime"}, From: "2018-09-17T03:00Z", Reason: "The works at the crossing.\n건널목 공사.",
			Stays: "The crossing of persons who are ill.",
		},
		KindResumption: &ResumptionBody{Channels: []string{"maritime"}, From: "2018-09-18T00:00Z", Suspension: EntryID{"south", 19}},
		KindAttempt: &AttemptBody{
			Channel: "liaison", Dispatch: &EntryID{"south", 17}, Mark: Exercise, Means: Telephone, Moment: "2018-09-14T08:59Z", Outcome: NoAnswer,
			Text: "Rang for two minutes.", To: []Side{"east", "north"},
		},
		KindConfirm: &ConfirmBody{Attempt: EntryID{"south", 20}, Confirms: ConfirmedInPart, Text: "전화가 한 번 울렸습니다."},
		KindTender: &TenderBody{
			Attention: "Head of the North's office", Channel: "liaison", Form: &FormName{Code: "an", Hash: HashForm(testForm())}, Mark: Exercise,
			Name: "Kim M. / 김명철", Precedence: Routine, Rank: "소장", Subject: "Meeting of the heads", To: []Side{"north"}, Until: "2018-09-17T08:00Z",
		},
		KindTenderReply: &TenderAnswerBody{
			Answer: TenderDecline, Reason: DeclineRank, Tender: EntryID{"south", 21}, Text: "Vice-ministers write to vice-ministers.\n직급이 맞지 않습니다.",
		},
		KindTenderEnd: &TenderWithdrawBody{Tender: EntryID{"south", 21}, Text: "Another will be offered."},
		KindWatch:     &WatchBody{Languages: []string{"ko", "en"}, Name: "Kim M. / 김명철", Relieves: &EntryID{"south", 17}, Until: "2018-09-17T08:00Z"},
		KindWatchEnd:  &WatchEndBody{Watch: EntryID{"south", 17}},
		KindCoverage: &CoverageBody{
			From: "2018-09-17T00:00Z", Languages: []string{"ko", "en"}, Until: "2018-12-31T15:00Z", Week: weekdays, Who: []string{"duty-officer", "Kim M. / 김명철"},
		},
		KindPersonnel: &PersonnelBody{
			Comes: "Park S. / 박서연", From: "2018-10-01T00:00Z", Goes: "Kim M. / 김명철", Languages: []string{"ko", "en"}, Post: "duty-officer", Text: "교대합니다.",
		},
		KindCheck: &CheckBody{
			Channel: "liaison", Due: "2018-09-14T00:00Z", Text: "neutral",
			Settled: &Settled{Count: 7, Digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		},
		KindCheckAnswer: &CheckAnswerBody{
			Check: EntryID{"south", 17}, Heard: LoudAndClear, Offset: new(int64), Remark: "Good morning. 안녕하십니까.",
			Settled: &Settled{Count: 7, Digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		},
		KindReadback: &ReadbackBody{Dispatch: EntryID{"south", 17}, Text: "Three vehicles cross on Monday, not before 09:00.\n월요일 09시 이후 차량 3대가 통과합니다."},
		KindReadbackReply: &ReadbackAnswerBody{
			Answer: ReadbackDispute, Readback: EntryID{"north", 5}, Text: "Four vehicles.\n차량은 4대입니다.",
		},
		KindAgreeForm: &AgreeFormBody{Hash: HashForm(testForm())},
		KindStored:    &StoredBody{Dispatch: EntryID{"south", 17}, Hash: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	}
}

func TestEveryKindHasItsGoldenBytesAndItsSection(t *testing.T) {
	spec, err := os.ReadFile("../spec/entries.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range Kinds {
		file := filepath.Join("../spec/testdata/kinds", k.Name+".json")
		golden, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s: no golden bytes: %v", k.Name, err)
			continue
		}
		body, found := goldens()[k.Name]
		if !found {
			t.Errorf("%s: goldens() has no body of it", k.Name)
			continue
		}
		encoded, err := Encode(body)
		if err != nil || !bytes.Equal(encoded, golden) {
			t.Errorf("%s: %v\ngot  %s\nwant %s (%s)", k.Name, err, encoded, golden, file)
		}
		if v := Check(k.Name, golden); !v.Done() {
			t.Errorf("%s: its golden bytes are refused: %s", k.Name, sayVerdict(v))
		}
		if !bytes.Contains(spec, []byte("\n### `"+k.Name+"`")) {
			t.Errorf("%s: spec/entries.md has no section with the heading ### `%s`", k.Name, k.Name)
		}
	}
}

func TestEveryKindAndEveryReasonHasItsWords(t *testing.T) {
	var words []byte
	files, err := filepath.Glob("../lang/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, source...)
	}
	for _, k := range Kinds {
		if !bytes.Contains(words, []byte(`"kind.`+k.Name+`":`)) {
			t.Errorf("package lang has no words under kind.%s", k.Name)
		}
	}
	for _, reason := range Reasons {
		if !bytes.Contains(words, []byte(`"void.`+string(reason)+`":`)) {
			t.Errorf("package lang has no words under void.%s", reason)
		}
	}
}

func TestTheGoldenBytesPassOneAfterAnother(t *testing.T) {
	desk := newDesk()
	next := map[Side]int64{}
	found(t, desk, next, "@founding")
	for i, step := range []struct {
		id   EntryID
		by   Post
		kind string
		body any
	}{
		{EntryID{"north", 1}, Operator, KindPropose, nil},
		{EntryID{"south", 1}, Operator, KindAgree, nil},
		{EntryID{"east", 1}, Operator, KindAgree, nil},
		{EntryID{"south", 2}, Operator, KindPost, nil},
		{EntryID{"north", 2}, Operator, KindPost, nil},
		{EntryID{"south", 17}, "duty-officer", KindDispatch, nil},
		{EntryID{"north", 3}, "duty-officer", KindAcknowledge, nil},
		{EntryID{"south", 18}, "duty-officer", KindPostEnd, nil},
	} {
		golden, err := os.ReadFile(filepath.Join("../spec/testdata/kinds", step.kind+".json"))
		if err != nil {
			t.Fatal(err)
		}
		v := Apply(desk, &Entry{ID: step.id, By: step.by, Kind: step.kind, Body: golden, Office: testOffice, Seen: map[Side]int64{"south": 18}})
		if !v.Done() {
			t.Errorf("step %d, %s %s: %s", i, step.id, step.kind, sayVerdict(v))
		}
	}
}

func TestVersionIsTheHighestOfTheTable(t *testing.T) {
	highest := int64(0)
	for _, k := range Kinds {
		highest = max(highest, k.Since)
	}
	if highest != Version {
		t.Errorf("Version is %d, the table goes up to %d", Version, highest)
	}
}

func TestEveryReasonInTheSourceIsListed(t *testing.T) {
	source, err := os.ReadFile("reasons.go")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Count(string(source), " Reason = "), len(Reasons); got != want {
		t.Errorf("%d reasons are named, %d listed", got, want)
	}
	if sorted := slices.Sorted(slices.Values(Reasons)); len(slices.Compact(sorted)) != len(Reasons) {
		t.Errorf("a reason is listed twice")
	}
}

func TestTheFoundingCharterDoesNotDependOnTheOrderOfItsSides(t *testing.T) {
	a := FoundingCharter(testOffice, 1, []CharterSide{testSide("south"), testSide("east"), testSide("north")})
	b := FoundingCharter(testOffice, 1, []CharterSide{testSide("north"), testSide("south"), testSide("east")})
	if HashCharter(a) != HashCharter(b) {
		t.Errorf("two sides would found by different charters")
	}
	body, err := Encode(&CharterBody{a})
	if err != nil {
		t.Fatal(err)
	}
	if v := Check(KindCharter, body); !v.Done() {
		t.Errorf("the founding charter is refused: %s", sayVerdict(v))
	}
}

func TestTheDefaultPostsAreInOrder(t *testing.T) {
	for _, post := range DefaultPosts([]string{"ko"}) {
		body, err := Encode(&post)
		if err != nil {
			t.Fatal(err)
		}
		if v := Check(KindPost, body); !v.Done() {
			t.Errorf("%s: %s", post.Post, sayVerdict(v))
		}
	}
}

func TestASideAccreditsNoMorePostsThanTheLimit(t *testing.T) {
	desk := newDesk()
	found(t, desk, map[Side]int64{}, "@founding")
	accredit := func(i int) Verdict {
		post := "post-" + string(rune('a'+i/26%26)) + string(rune('a'+i%26)) + string(rune('a'+i/676))
		body, err := Encode(&PostBody{Languages: []string{"ko"}, Name: Words{"en": "Post"}, Post: post, Role: "officer"})
		if err != nil {
			t.Fatal(err)
		}
		return Apply(desk, &Entry{ID: EntryID{"south", int64(i + 1)}, By: Operator, Kind: KindPost, Body: body, Office: testOffice})
	}
	for i := range MaxPosts {
		if v := accredit(i); !v.Done() {
			t.Fatalf("post %d: %s", i, sayVerdict(v))
		}
	}
	if v := accredit(MaxPosts); v.Void != TooMany || v.Detail["limit"] != "500" || v.Detail["size"] != "501" {
		t.Errorf("one more post: %s", sayVerdict(v))
	}
	if v := accredit(0); !v.Done() {
		t.Errorf("accredited anew: %s", sayVerdict(v))
	}
}

// TestADispatchInFullHasItsGoldenBytes looks at what rules version 2 adds.
func TestADispatchInFullHasItsGoldenBytes(t *testing.T) {
	const file = "../spec/testdata/kinds/dispatch-2.json"
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := Encode(&DispatchBody{
		Attention: "Head of the North's office",
		Channel:   "liaison",
		Enclosures: []Enclosure{{
			Hash: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Name: "평면도 3층.pdf", Size: 3, Type: "application/pdf",
		}},
		Info:       &Information{Precedence: Routine, To: []Side{"east"}},
		Mark:       Exercise,
		Name:       "Head of the South's office",
		Number:     2,
		Party:      "United Nations Command",
		Precedence: Priority,
		References: []EntryID{{"north", 4}, {"south", 17}},
		Relation:   &Relation{Dispatch: EntryID{"south", 18}, Kind: Correction},
		Releasable: ReleasableToParty,
		Reply:      &EntryID{"north", 5},
		Subject:    "Works on the third floor",
		Text:       "The works end on Friday.",
		To:         []Side{"north"},
	})
	if err != nil || !bytes.Equal(encoded, golden) {
		t.Errorf("%v\ngot  %s\nwant %s (%s)", err, encoded, golden, file)
	}
	if v := Check(KindDispatch, golden); !v.Done() {
		t.Errorf("it is refused: %s", sayVerdict(v))
	}
	if _, v := inForce(Kinds, 1, KindDispatch).read(golden); v.Void != Malformed {
		t.Errorf("rules version 1 say of it: %s", sayVerdict(v))
	}
}

// TestAChannelWithChecksHasItsGoldenBytes looks at what rules version 3 add to a charter.
func TestAChannelWithChecksHasItsGoldenBytes(t *testing.T) {
	const file = "../spec/testdata/kinds/charter.propose-3.json"
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := Encode(&ProposeBody{Amends: HashCharter(testFounding()), Charter: testCharters()["with-checks"], Note: "Twice a day."})
	if err != nil || !bytes.Equal(encoded, golden) {
		t.Errorf("%v\ngot  %s\nwant %s (%s)", err, encoded, golden, file)
	}
	if v := Check(KindPropose, golden); !v.Done() {
		t.Errorf("it is refused: %s", sayVerdict(v))
	}
	for _, rules := range []int64{1, 2} {
		if _, v := inForce(Kinds, rules, KindPropose).read(golden); v.Void != Malformed {
			t.Errorf("rules version %d say of it: %s", rules, sayVerdict(v))
		}
	}
}

// TestACharterWithLaddersHasItsGoldenBytes looks at the ladders of a charter and of a channel.
func TestACharterWithLaddersHasItsGoldenBytes(t *testing.T) {
	const file = "../spec/testdata/kinds/charter.propose-3-ladders.json"
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := Encode(&ProposeBody{Amends: HashCharter(testFounding()), Charter: testCharters()["with-ladders"], Note: "Sooner on this channel."})
	if err != nil || !bytes.Equal(encoded, golden) {
		t.Errorf("%v\ngot  %s\nwant %s (%s)", err, encoded, golden, file)
	}
	if v := Check(KindPropose, golden); !v.Done() {
		t.Errorf("it is refused: %s", sayVerdict(v))
	}
	for _, rules := range []int64{1, 2} {
		if _, v := inForce(Kinds, rules, KindPropose).read(golden); v.Void != Malformed {
			t.Errorf("rules version %d say of it: %s", rules, sayVerdict(v))
		}
	}
}

// TestAFromWhenHasItsGoldenBytes looks at what rules version 5 add to a proposal and to a consent.
func TestAFromWhenHasItsGoldenBytes(t *testing.T) {
	charter := testCharters()["with-rules-5-maritime"]
	for _, test := range []struct {
		kind, file string
		body       any
	}{
		{KindPropose, "charter.propose-5.json", &ProposeBody{
			Amends: HashCharter(testCharters()["with-rules-5"]), Charter: charter, From: "2018-10-01T00:00Z", Note: "From the first of October.\n10월 1일부터.",
		}},
		{KindAgree, "charter.agree-5.json", &AgreeBody{From: "2018-10-01T00:00Z", Hash: HashCharter(charter)}},
	} {
		file := filepath.Join("../spec/testdata/kinds", test.file)
		golden, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if encoded, err := Encode(test.body); err != nil || !bytes.Equal(encoded, golden) {
			t.Errorf("%v\ngot  %s\nwant %s (%s)", err, encoded, golden, file)
		}
		if v := Check(test.kind, golden); !v.Done() {
			t.Errorf("%s is refused: %s", file, sayVerdict(v))
		}
		if _, v := inForce(Kinds, 4, test.kind).read(golden); v.Void != Malformed {
			t.Errorf("%s, by rules version 4: %s", file, sayVerdict(v))
		}
	}
}

func TestADispatchThatIsToBeReadBackHasItsGoldenBytes(t *testing.T) {
	const file = "../spec/testdata/kinds/dispatch-4.json"
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := Encode(&DispatchBody{
		Channel: "liaison", Number: 4, Precedence: Flash, Readback: true, Subject: "Crossing / 통행", Text: "Four vehicles cross on Monday.", To: []Side{"north"},
	})
	if err != nil || !bytes.Equal(encoded, golden) {
		t.Errorf("%v\ngot  %s\nwant %s (%s)", err, encoded, golden, file)
	}
	if v := Check(KindDispatch, golden); !v.Done() {
		t.Errorf("it is refused: %s", sayVerdict(v))
	}
	for _, rules := range []int64{2, 3} {
		if _, v := inForce(Kinds, rules, KindDispatch).read(golden); v.Void != Malformed {
			t.Errorf("rules version %d say of it: %s", rules, sayVerdict(v))
		}
	}
}

func TestADispatchWithAFormHasItsGoldenBytes(t *testing.T) {
	const file = "../spec/testdata/kinds/dispatch-3.json"
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := Encode(&DispatchBody{
		Answer:  "consent",
		Channel: "liaison",
		Form: &Filled{Code: "an", Hash: HashForm(testForm()), Values: map[string]string{
			"what": "굴착 공사", "sort": "works", "where": "37.9321,126.5567", "from": "2018-09-17T00:30Z", "until": "2018-09-21", "units": "2", "more": "By day only.",
		}},
		Number:     3,
		Precedence: Priority,
		Reply:      &EntryID{"north", 5},
		Subject:    "Re: Crossing",
		To:         []Side{"north"},
	})
	if err != nil || !bytes.Equal(encoded, golden) {
		t.Errorf("%v\ngot  %s\nwant %s (%s)", err, encoded, golden, file)
	}
	if v := Check(KindDispatch, golden); !v.Done() {
		t.Errorf("it is refused: %s", sayVerdict(v))
	}
	if _, v := inForce(Kinds, 2, KindDispatch).read(golden); v.Void != Malformed {
		t.Errorf("rules version 2 say of it: %s", sayVerdict(v))
	}
}

func TestValuesHaveTheFormOfTheirFields(t *testing.T) {
	for _, test := range []struct {
		kind      FieldType
		good, bad []string
	}{
		{FieldLine, []string{"a", "굴착 공사", strings.Repeat("가", MaxNamed)}, []string{"", " ", "a\nb", "a\x00", strings.Repeat("a", MaxNamed+1)}},
		{FieldText, []string{"a\n\tb", strings.Repeat("a", MaxValue)}, []string{"", "\n", "a\u202eb", strings.Repeat("a", MaxValue+1)}},
		{FieldNumber, []string{"0", "-12.5", "0.50", "123456789012345.123456"}, []string{"", "-", "+1", "01", "1.", ".5", "1,5", "1e3", "1.1234567", "1234567890123456", "٣"}},
		{FieldDate, []string{"1940-02-29", "2018-09-14", "0001-01-01", "9999-12-31"}, []string{"", "2018-9-14", "2018-02-29", "1900-02-29", "2018-13-01", "2018-00-10", "2018-04-31", "2018-04-00", "0000-01-01", "2018/09/14", "+018-09-14", "2018-09-14 "}},
		{FieldMinute, []string{"2018-09-14T09:00Z"}, []string{"", "2018-09-14", "2018-09-14T24:00Z", "2018-09-14T09:00"}},
		{FieldPosition, []string{"37.9321,126.5567", "-90,180.000000", "0,0"}, []string{"", "37.9", "37.9, 126.5", "90.1,0", "90.000001,0", "0,181", "0,-180.5", "1,2,3"}},
		{FieldChoice, []string{"works"}, []string{"", "Works", "other"}},
	} {
		f := &Form{Fields: []FormField{{ID: "f", Type: test.kind, Choices: testForm().Fields[1].Choices}}}
		for _, value := range test.good {
			if faults := f.Faults(map[string]string{"f": value}); len(faults) > 0 {
				t.Errorf("%s %q: %s", test.kind, value, sayVerdict(faults[0]))
			}
		}
		for _, value := range test.bad {
			if faults := f.Faults(map[string]string{"f": value}); len(faults) != 1 || faults[0].Void != FormValue {
				t.Errorf("%s %q is taken", test.kind, value)
			}
		}
	}
}

func TestAllThatAFormLacksIsNamedAtOnce(t *testing.T) {
	faults := testForm().Faults(map[string]string{"from": "tomorrow", "colour": "red"})
	var said []string
	for _, v := range faults {
		said = append(said, sayVerdict(v))
	}
	want := []string{
		"void: form-lacks, field what, form an",
		"void: form-lacks, field sort, form an",
		"void: form-value, field from, form an, type minute, value tomorrow",
		"void: form-field-unknown, field colour, form an",
	}
	if !slices.Equal(said, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}

// A table as a later version of the program might have: it knows rules of a
// version in which there is a new kind, and posts may be named by one letter
// only.
type ringBody struct {
	Bell string `json:"bell"`
}

func laterKinds() []Kind {
	return append(slices.Clone(Kinds),
		kind("ring", Version+1, true, func(c *checker, b *ringBody) { c.name("bell", b.Bell) }, func(m *matter, b *ringBody) Verdict {
			m.desk.Put(&SideRow{Side: m.ID.Side, Number: 1000})
			return Verdict{}
		}),
		kind(KindPost, Version+1, true, func(c *checker, b *PostBody) {
			if len(b.Post) != 1 {
				c.fail(BadName, "field", "post", "value", b.Post)
			}
		}, applyPost),
	)
}

func TestTheVersionInForceDecidesWhicheverProgramFolds(t *testing.T) {
	acts := []string{
		`09:00 south/operator ring bell=a`,
		`09:00 south/operator post post=head role=head name={"en":"Head"} languages=ko`,
		`09:00 south/operator charter.propose amends=#founding charter=@with-newer-rules note=`,
		`09:00 south/operator ring bell=a`,
		`09:00 north/operator charter.agree hash=#with-newer-rules`,
		`09:00 east/operator charter.agree hash=#with-newer-rules`,
	}
	later := []string{
		`10:00 south/operator ring bell=a`,
		`10:00 south/operator ring bell=A`,
		`10:00 south/operator post post=deputy role=deputy name={"en":"Deputy"} languages=ko`,
		`10:00 south/operator post post=d role=deputy name={"en":"Deputy"} languages=ko`,
		`10:00 south/head dispatch channel=liaison number=1001 precedence=ROUTINE subject=Hello text=Hello to=north`,
		`10:00 south/head gong bell=a`,
	}
	fold := func(kinds []Kind, acts []string) (said []string, desk *mapDesk) {
		desk = newDesk()
		next := map[Side]int64{}
		found(t, desk, next, "@founding")
		for _, act := range acts {
			e := parseAct(t, act)
			e.ID.Index = next[e.ID.Side]
			next[e.ID.Side]++
			said = append(said, sayVerdict(apply(kinds, desk, e)))
		}
		return said, desk
	}
	now, nowDesk := fold(Kinds, acts)
	then, thenDesk := fold(laterKinds(), acts)
	if !slices.Equal(now, then) || !equalRows(nowDesk, thenDesk) {
		t.Errorf("two programs differ under the rules of this one:\n%q\n%q", now, then)
	}
	want := []string{
		"void: needs-newer-rules, kind ring", "done", "done", "void: needs-newer-rules, kind ring", "done", "done",
		"done", "void: bad-name, field bell, value A", "void: bad-name, field post, value deputy", "done", "done",
		"void: needs-newer-rules, kind gong",
	}
	if got, _ := fold(laterKinds(), append(slices.Clone(acts), later...)); !slices.Equal(got, want) {
		t.Errorf("under the later rules:\ngot  %q\nwant %q", got, want)
	}
}

func equalRows(a, b *mapDesk) bool {
	if len(a.rows) != len(b.rows) {
		return false
	}
	for key := range a.rows {
		if !bytes.Equal(a.rows[key], b.rows[key]) {
			return false
		}
	}
	return true
}

func TestCheckRefusesRulesThatThisProgramDoesNotKnow(t *testing.T) {
	propose, err := Encode(&ProposeBody{Amends: HashCharter(testFounding()), Charter: testCharters()["with-newer-rules"]})
	if err != nil {
		t.Fatal(err)
	}
	if v := Check(KindPropose, propose); v.Void != NeedsNewerRules || v.Detail["rules"] != strconv.Itoa(Version+1) {
		t.Errorf("got %s", sayVerdict(v))
	}
	if v := check(laterKinds(), Version+1, KindPropose, propose); !v.Done() {
		t.Errorf("a program that knows them: %s", sayVerdict(v))
	}
	if v := Check("gong", []byte(`{}`)); v.Void != NeedsNewerRules || v.Detail["kind"] != "gong" {
		t.Errorf("an unknown kind: %s", sayVerdict(v))
	}
	// What is well-formed under one of the versions may be written: which one
	// is in force, only the records can say.
	for _, post := range []Post{"d", "deputy"} {
		body, err := Encode(&PostBody{Languages: []string{"ko"}, Name: Words{"en": "Deputy"}, Post: post, Role: "deputy"})
		if err != nil {
			t.Fatal(err)
		}
		if v := check(laterKinds(), Version+1, KindPost, body); !v.Done() {
			t.Errorf("post %q: %s", post, sayVerdict(v))
		}
	}
}

func TestEntryIDsAreReadOnlyInTheOneFormTheyAreWrittenIn(t *testing.T) {
	for _, good := range []string{"south/0", "south/17", "a/9223372036854775807", "north-2/1"} {
		if id, err := ParseEntryID(good); err != nil || id.String() != good {
			t.Errorf("%q: got %q, %v", good, id, err)
		}
	}
	for _, bad := range []string{"", "south", "south/", "/1", "south/-1", "south/01", "south/+1", "South/1", "south/1/2",
		"south /1", "south/9223372036854775808", "1south/1", strings.Repeat("s", 32) + "/1"} {
		if id, err := ParseEntryID(bad); err == nil {
			t.Errorf("%q was read as %s", bad, id)
		}
	}
}

func TestOfficeNames(t *testing.T) {
	for _, good := range []string{"kaesong.example", "a", "un-1.geneva"} {
		if !ValidOffice(good) {
			t.Errorf("%q is refused", good)
		}
	}
	for _, bad := range []string{"", ".", "a.", ".a", "a..b", "A", "a b", "a/b", "a+b", "1a", strings.Repeat("a", 101)} {
		if ValidOffice(bad) {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestTextIsPlain(t *testing.T) {
	for _, good := range []string{"", "a b", "사무소", "e\u0301", "\u2067שלום\u2069", "✓ 👍", "\u200d", "\ufffd"} {
		if !plain(good, false) {
			t.Errorf("%q is refused", good)
		}
	}
	for _, bad := range []string{"\x00", "\x1b[31m", "\x7f", "\u0085", "\u009b", "\u2028", "\u2029", "\u202d", "\u202e", "\ufeff", "\xff", "a\rb"} {
		if plain(bad, true) {
			t.Errorf("%q is taken", bad)
		}
	}
	if !plain("a\n\tb", true) || plain("a\nb", false) || plain("a\tb", false) {
		t.Errorf("line feed and tab belong in texts of several lines, and only there")
	}
}
