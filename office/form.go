package office

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// A Form says what a dispatch of one sort must tell, and what may be answered.
// It is data: a side proposes it, and it is in force once all sides agree to it
// by its hash. A dispatch names the form by that hash and bears its values.
type Form struct {
	Ahead      *Ahead      `json:"ahead,omitzero"`    // how long before what it tells of; nil if nothing is agreed; since rules version 6
	Answers    []Choice    `json:"answers,omitempty"` // what may be answered; none if any text will do
	Asks       Asks        `json:"asks"`
	Code       string      `json:"code"`           // short id, such as "an"; there is one form in force for each
	Ended      bool        `json:"ended,omitzero"` // the sides agree to use this form no longer
	Fields     []FormField `json:"fields"`
	Hours      int64       `json:"hours,omitzero"` // from release, within which to answer or object; 0 if none are agreed on
	Mode       Mode        `json:"mode,omitzero"`  // left out: served, and may be tendered
	Name       Words       `json:"name"`
	Precedence Precedence  `json:"precedence"`     // what a writer is offered first
	Purpose    Words       `json:"purpose"`        // what it is for, and when it is used
	Says       Words       `json:"says,omitempty"` // of a short code (Form.Say): its text, with {id} for the value of a field
}

// Asks says what a form wants of those who get it, and so what their silence
// means.
type Asks string

// What a form can ask.
const (
	AsksNothing   Asks = "nothing"   // it informs; nothing is waited for
	AsksAnswer    Asks = "answer"    // it wants an answer; silence is none
	AsksConsent   Asks = "consent"   // silence is not consent
	AsksObjection Asks = "objection" // whoever does not object within the form's hours has not objected
)

// AllAsks lists what a form can ask.
var AllAsks = []Asks{AsksNothing, AsksAnswer, AsksConsent, AsksObjection}

// Choice is one of several things that can be answered, or chosen in a field.
type Choice struct {
	ID   string `json:"id"`
	Name Words  `json:"name"`
}

// FormField is one thing that a form asks for.
type FormField struct {
	Choices  []Choice  `json:"choices,omitempty"` // of a field of type FieldChoice
	Help     Words     `json:"help,omitempty"`
	ID       string    `json:"id"`
	Name     Words     `json:"name"`
	Required bool      `json:"required"`
	Type     FieldType `json:"type"`
}

// FieldType says what the value of a field looks like. Values are texts.
type FieldType string

// The types of fields.
const (
	FieldLine     FieldType = "line"     // one line of at most MaxNamed characters
	FieldText     FieldType = "text"     // several lines, at most MaxValue bytes
	FieldNumber   FieldType = "number"   // a decimal number, such as "-12.5": at most 15 digits, and 6 after the point
	FieldDate     FieldType = "date"     // "2018-09-14"
	FieldMinute   FieldType = "minute"   // a Minute
	FieldPosition FieldType = "position" // WGS 84, degrees north and east: "37.9321,126.5567"
	FieldChoice   FieldType = "choice"   // the id of one of the field's choices
)

// FieldTypes lists all types of fields.
var FieldTypes = []FieldType{FieldLine, FieldText, FieldNumber, FieldDate, FieldMinute, FieldPosition, FieldChoice}

// Filled is the form of a dispatch, filled in.
type Filled struct {
	Code   string            `json:"code"`          // that of the form with the hash
	Hash   string            `json:"hash,omitzero"` // Complete fills it in, if it is left out
	Values map[string]string `json:"values"`        // by the id of the field; none is empty
}

// CodeOf gives the code of the form; "" for nil, a dispatch without one.
func (f *Filled) CodeOf() string {
	if f == nil {
		return ""
	}
	return f.Code
}

// HashForm gives the hex SHA-256 of a form's canonical bytes: what an agreement
// and a dispatch name. A form that cannot be written has the hash "".
func HashForm(f *Form) string {
	encoded, err := Encode(f)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

// InJointHours reports whether the hours of the form run only while all sides are
// open (spec/entries.md §8); before rules version 4 they ran at every hour.
func (f *Form) InJointHours(rules int64) bool {
	return rules >= 4 && f.Precedence.inJointHours() && f.Mode != ModeDistress
}

// Field finds a field of the form, or gives nil.
func (f *Form) Field(id string) *FormField {
	for i := range f.Fields {
		if f.Fields[i].ID == id {
			return &f.Fields[i]
		}
	}
	return nil
}

// Answer finds one of the answers that the form allows, or gives nil.
func (f *Form) Answer(id string) *Choice { return choice(f.Answers, id) }

// Choice finds one of the field's choices, or gives nil.
func (f *FormField) Choice(id string) *Choice { return choice(f.Choices, id) }

func choice(list []Choice, id string) *Choice {
	for i := range list {
		if list[i].ID == id {
			return &list[i]
		}
	}
	return nil
}

// Faults says all that is wrong with the values of a form: what is missing and
// what does not have the form of its field, in the order of the fields, then
// values that the form does not ask for. It is empty if the form is filled in.
func (f *Form) Faults(values map[string]string) (faults []Verdict) {
	for i := range f.Fields {
		field := &f.Fields[i]
		value, given := values[field.ID]
		switch {
		case given && !field.fits(value):
			faults = append(faults, void(FormValue, "form", f.Code, "field", field.ID, "value", clip(value), "type", string(field.Type)))
		case !given && field.Required:
			faults = append(faults, void(FormLacks, "form", f.Code, "field", field.ID))
		}
	}
	for _, id := range sortedKeys(values) {
		if f.Field(id) == nil {
			faults = append(faults, void(FormFieldUnknown, "form", f.Code, "field", clip(id)))
		}
	}
	return faults
}

// fits reports whether a value has the form of the field's type.
func (f *FormField) fits(value string) bool {
	var c checker
	switch f.Type {
	case FieldLine:
		c.line("", value, MaxNamed)
	case FieldText:
		c.text("", value, MaxValue)
	case FieldNumber:
		return isDecimal(value, 15, 6)
	case FieldDate:
		return isDate(value)
	case FieldMinute:
		_, ok := Minute(value).Millis()
		return ok
	case FieldPosition:
		north, east, cut := strings.Cut(value, ",")
		return cut && isDegrees(north, 90) && isDegrees(east, 180)
	case FieldChoice:
		return f.Choice(value) != nil
	}
	return c.verdict.Done()
}

// isDecimal reports whether a text is a decimal number in its shortest form but
// for zeros at its end: digits without needless zeros before them, at most whole
// of them, then perhaps a point and at most parts more.
func isDecimal(text string, whole, parts int) bool {
	before, after, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	switch {
	case before == "" || len(before) > whole || !all(before, digit), len(before) > 1 && before[0] == '0':
		return false
	case point && (after == "" || len(after) > parts || !all(after, digit)):
		return false
	}
	return true
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

// isDegrees reports whether a text is a number of degrees, from -most to most.
func isDegrees(text string, most int64) bool {
	if !isDecimal(text, 3, 6) {
		return false
	}
	whole, parts, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	return err == nil && (n < most || n == most && strings.Trim(parts, "0") == "")
}

// form checks a form.
func (c *checker) form(field string, f *Form) {
	if f == nil {
		c.fail(Missing, "field", field)
		return
	}
	if encoded, err := Encode(f); err != nil || len(encoded) > MaxForm {
		c.fail(TooLong, "field", field, "size", strconv.Itoa(len(encoded)), "limit", strconv.Itoa(MaxForm), "unit", "bytes")
	}
	c.name(field+".code", f.Code)
	c.words(field+".name", f.Name, MaxWords)
	c.words(field+".purpose", f.Purpose, MaxPurpose)
	oneOf(c, field+".precedence", f.Precedence, Precedences)
	oneOf(c, field+".asks", f.Asks, AllAsks)
	switch f.Asks {
	case AsksNothing:
		c.count(field+".answers", len(f.Answers), 0, 0)
	case AsksConsent, AsksObjection:
		c.choices(field+".answers", f.Answers, 2)
	default:
		c.choices(field+".answers", f.Answers, 0)
	}
	switch f.Asks {
	case AsksNothing:
		c.number(field+".hours", f.Hours, 0, 0)
	case AsksObjection:
		c.number(field+".hours", f.Hours, 1, MaxHours)
	default:
		c.number(field+".hours", f.Hours, 0, MaxHours)
	}
	least, most := 1, MaxFields
	if len(f.Says) > 0 {
		least, most = 0, MaxSlots
	}
	c.formFields(field+".fields", f.Fields, least, most)
	if f.Mode != "" {
		oneOf(c, field+".mode", f.Mode, Modes)
	}
	if f.Mode == ModeTendered && f.Precedence == Flash {
		c.fail(NeverTendered, "value", string(Flash))
	}
	if f.Ahead != nil {
		c.ahead(field+".ahead", f)
	}
	if len(f.Says) > 0 {
		c.says(field, f)
	}
}

func (c *checker) formFields(field string, fields []FormField, least, most int) {
	if !c.count(field, len(fields), least, most) {
		return
	}
	for i, f := range fields {
		c.name(field+".id", f.ID)
		if slices.ContainsFunc(fields[:i], func(before FormField) bool { return before.ID == f.ID }) {
			c.fail(NotInOrder, "field", field, "value", f.ID)
		}
		c.words(field+".name", f.Name, MaxWords)
		if len(f.Help) > 0 {
			c.words(field+".help", f.Help, MaxPurpose)
		}
		oneOf(c, field+".type", f.Type, FieldTypes)
		if f.Type == FieldChoice {
			c.choices(field+".choices", f.Choices, 2)
		} else {
			c.count(field+".choices", len(f.Choices), 0, 0)
		}
	}
}

// choices checks a list of choices, each id once.
func (c *checker) choices(field string, list []Choice, least int) {
	if !c.count(field, len(list), least, MaxChoices) {
		return
	}
	for i, one := range list {
		c.name(field+".id", one.ID)
		if choice(list[:i], one.ID) != nil {
			c.fail(NotInOrder, "field", field, "value", one.ID)
		}
		c.words(field+".name", one.Name, MaxWords)
	}
}

// formName checks a form's code and hash. The hash is left out if there is no form in
// force for the code.
func (c *checker) formName(field, code, hash string) {
	c.name(field+".code", code)
	if hash == "" {
		c.fail(FormUnknown, "hash", "")
	}
	c.hash(field+".hash", hash)
}

// filled checks what can be said of a filled form without the form itself.
func (c *checker) filled(field string, f *Filled) {
	c.formName(field, f.Code, f.Hash)
	if !c.count(field+".values", len(f.Values), 0, MaxFields) {
		return
	}
	for _, id := range sortedKeys(f.Values) {
		c.name(field+".values", id)
		c.text(field+".values."+clip(id), f.Values[id], MaxValue)
	}
}

func checkProposeForm(c *checker, b *ProposeFormBody) {
	c.form("form", b.Form)
	if b.Note != "" {
		c.text("note", b.Note, MaxNote)
	}
	if b.Replaces != "" {
		c.hash("replaces", b.Replaces)
	}
}

// applyProposeForm puts forward a form for a code, in the place of the one in
// force for it, if any. A side has at most one proposal open for a code: a new
// one takes the place of its own before.
func applyProposeForm(m *matter, b *ProposeFormBody) Verdict {
	side, hash := m.ID.Side, HashForm(b.Form)
	code := &FormCode{Code: b.Form.Code}
	m.desk.Get(code)
	if b.Replaces != code.Hash {
		return void(FormNotInForce, "form", code.Code, "replaces", b.Replaces, "hash", code.Hash)
	}
	if hash == code.Hash {
		return void(FormSame, "form", code.Code, "hash", hash)
	}
	row := &FormRow{Hash: hash}
	if m.desk.Get(row) && row.State == FormOpen {
		return void(FormProposed, "form", code.Code, "hash", hash)
	}
	mine := func(p FormProposal) bool { return p.Side == side }
	if i := slices.IndexFunc(code.Proposed, mine); i >= 0 {
		m.closeForm(code.Proposed[i].Hash, FormReplaced)
	}
	code.Proposed = append(slices.DeleteFunc(slices.Clone(code.Proposed), mine), FormProposal{Hash: hash, Side: side})
	slices.SortFunc(code.Proposed, func(a, b FormProposal) int { return strings.Compare(a.Side, b.Side) })
	m.desk.Put(code)
	m.desk.Put(&FormRow{
		Agreed:   []Side{side},
		At:       m.At,
		By:       m.By,
		Form:     b.Form,
		Hash:     hash,
		ID:       m.ID,
		Note:     b.Note,
		Replaces: b.Replaces,
		Since:    row.Since,
		State:    FormOpen,
		Time:     m.Time,
	})
	return Verdict{}
}

// closeForm puts a form in a state in which it is neither open nor in force.
func (m *matter) closeForm(hash, state string) {
	row := &FormRow{Hash: hash}
	if m.desk.Get(row) {
		row.State = state
		m.desk.Put(row)
	}
}

func checkAgreeForm(c *checker, b *AgreeFormBody) { c.hash("hash", b.Hash) }

// applyAgreeForm consents to a proposed form. With the last side's consent it is
// in force for its code, and all other proposals for that code fall.
func applyAgreeForm(m *matter, b *AgreeFormBody) Verdict {
	row := &FormRow{Hash: b.Hash}
	switch {
	case !m.desk.Get(row):
		return void(FormUnknown, "hash", b.Hash)
	case row.State != FormOpen:
		return void(FormNotOpen, "form", row.Form.Code, "hash", b.Hash, "state", row.State)
	case slices.Contains(row.Agreed, m.ID.Side):
		return void(AlreadyAgreed, "hash", b.Hash)
	}
	row.Agreed = append(slices.Clone(row.Agreed), m.ID.Side)
	if len(row.Agreed) < len(m.office.Charter.Sides) {
		m.desk.Put(row)
		return Verdict{}
	}
	code := &FormCode{Code: row.Form.Code}
	m.desk.Get(code)
	if code.Hash != "" {
		m.closeForm(code.Hash, FormSucceeded)
	}
	for _, p := range code.Proposed {
		if p.Hash != b.Hash {
			m.closeForm(p.Hash, FormReplaced)
		}
	}
	since := m.ID
	row.State, row.Since = FormInForce, &since
	m.desk.Put(row)
	m.desk.Put(&FormCode{Code: code.Code, Hash: b.Hash})
	return Verdict{}
}

// mayFill checks the form of a dispatch and its values. A form that was in force
// once will do: the writer may not have seen yet that another has taken its
// place, and its dispatch must not be lost for that.
func (m *matter) mayFill(b *DispatchBody) Verdict {
	if b.Form == nil {
		return Verdict{}
	}
	form, verdict := m.formNamed(b.Form.Code, b.Form.Hash)
	if !verdict.Done() {
		return verdict
	}
	if faults := form.Faults(b.Form.Values); len(faults) > 0 {
		return faults[0]
	}
	return Verdict{}
}

// formNamed finds a form that was in force when the writer last looked, or before.
func (m *matter) formNamed(code, hash string) (*Form, Verdict) {
	row := &FormRow{Hash: hash}
	if !m.desk.Get(row) || row.Form.Code != code || row.Form.Ended || !m.saw(row.Since) {
		return nil, void(FormUnknown, "hash", hash)
	}
	return row.Form, Verdict{}
}

// saw reports whether there is an entry, and the writer had seen it.
func (m *matter) saw(id *EntryID) bool {
	return id != nil && (id.Side == m.ID.Side || m.Seen[id.Side] > id.Index)
}

// mayAnswer checks the answer that a reply gives to a form, and says whether the
// reply counts as an answer: to a form that lists answers only one of these does.
func (m *matter) mayAnswer(b *DispatchBody, d *Dispatch) (answers bool, verdict Verdict) {
	var allowed []Choice
	if f := m.form(d); f != nil {
		allowed = f.Answers
	}
	if b.Answer != "" && (choice(allowed, b.Answer) == nil || !slices.Contains(d.To, m.ID.Side)) {
		return false, void(AnswerUnknown, "dispatch", d.ID.String(), "answer", b.Answer)
	}
	return len(allowed) == 0 || b.Answer != "", Verdict{}
}

// form finds the form of a dispatch; it is nil if the dispatch has none.
func (m *matter) form(d *Dispatch) *Form {
	if d.Form == nil {
		return nil
	}
	row := &FormRow{Hash: d.Form.Hash}
	m.desk.Get(row)
	return row.Form
}

// Awaited gives an addressed side from which an answer is still awaited that the
// form of the dispatch lists. There is none if the form lists no answers, or the
// dispatch was withdrawn. Of those who have not objected in time (Charter.Unobjected) none
// is awaited. f and h may be nil.
func Awaited(f *Form, d *Dispatch, h *Handling, unobjected []Side) (side Side, awaited bool) {
	if h == nil {
		h = &Handling{}
	}
	if _, withdrawn := h.Withdrawn(); withdrawn || f == nil || len(f.Answers) == 0 {
		return "", false
	}
	for _, to := range d.To {
		if !slices.Contains(unobjected, to) && !slices.ContainsFunc(h.Answered, func(a Answer) bool { return a.Side == to }) {
			return to, true
		}
	}
	return "", false
}
