package notify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/office"
)

// Sender is one kind of means by which a person is told. It describes itself: what
// an administrator sets once for the side, and what each person sets for their own.
type Sender interface {
	// Kind is a short word, such as "mail". Its words stand in package lang under
	// "sender.<kind>".
	Kind() string
	// Office is what is set once for the side; nothing if it needs nothing.
	Office() []Field
	// Personal is what each person sets.
	Personal() []Field
	// Send tells a person. It may be asked again for the same notice, under the same
	// Notice.Key: when the node was stopped before it had noted that it was sent.
	// An error is a sentence for people, and holds nothing of what was told.
	Send(ctx context.Context, to To, n Notice) error
}

// Retractor is a Sender that can take back what it has sent: the notice is asked
// for again, with Withdrawn set.
type Retractor interface{ Retracts() }

// Field is one setting of a sender. Its words stand in package lang under
// "sender.<kind>.<name>".
type Field struct {
	Name     string
	Type     FieldType
	Required bool
	Choices  []string // of FieldChoice; their words under "sender.<kind>.<name>-<choice>"
	Default  string
}

// FieldType says how a setting is typed.
type FieldType string

// The types of settings. A secret is kept sealed, and is not shown again.
const (
	FieldText    FieldType = "text"
	FieldSecret  FieldType = "secret"
	FieldAddress FieldType = "address" // of the web
	FieldNumber  FieldType = "number"
	FieldChoice  FieldType = "choice"
	FieldCheck   FieldType = "check"  // "1" or empty
	FieldHidden  FieldType = "hidden" // filled in by the script of the page
	FieldMade    FieldType = "made"   // drawn by the node itself, secret
)

// Settings are values by the names of fields.
type Settings map[string]string

// To is whom a sender tells.
type To struct {
	Account  string
	Office   Settings // of the side
	Personal Settings // of the person
	Language string
}

// Notice is what a person is told. It holds nothing of the text of a dispatch.
type Notice struct {
	Key        string `json:"-"` // of this notice to this person by this means: the same with each attempt
	Subject    string `json:"-"` // what it is about: the same with each step of one ladder
	Sort       Sort
	Dispatch   office.EntryID `json:",omitzero"` // the last of them, if it is of several
	Number     int64
	From       office.Side
	Channel    string
	Precedence office.Precedence
	Mark       office.Mark
	Distress   bool
	Step, Of   int       // step 0 is the release
	Since      time.Time // of the step
	Acts       []office.StepAct
	Count      int       // more than one: it tells of so many at once
	Means      string    // the means that failed, for SortFault; of an open page whose it is, if not of who is told
	Page       bool      `json:",omitempty"` // it is the open page
	Check      *Check    `json:",omitzero"`  // for SortCheck
	Matter     *Matter   `json:",omitzero"`  // for SortMatter
	At         time.Time // when it was planned
	Link       string    `json:"-"` // to what it is about; empty where the address of the pages is not known
	Ack        string    `json:"-"` // to acknowledge it, for this person alone; empty where they may not
	Withdrawn  bool      `json:"-"` // somebody has acknowledged it, called or answered
}

// Sort says what a notice is about.
type Sort string

// The sorts of notices.
const (
	SortDispatch Sort = "dispatch"
	SortCheck    Sort = "check"  // a line check
	SortMatter   Sort = "matter" // another matter
	SortTest     Sort = "test"   // somebody has pressed the button
	SortProbe    Sort = "probe"  // the daily test of itself
	SortFault    Sort = "fault"  // another means of the person does not work
)

// waits reports whether what a notice is about waits for somebody: it is told again
// at each step, and withdrawn when somebody has done it.
func (s Sort) waits() bool { return s == SortDispatch || s == SortCheck || s == SortMatter }

// Quiet reports whether a notice need not be seen: the daily test where a means
// can be tried without a message.
func (n *Notice) Quiet() bool { return n.Sort == SortProbe }

// urgent reports whether quiet hours do not hold a notice back.
func (n *Notice) urgent() bool { return n.Distress || n.Precedence == office.Flash }

// Title says in one line what a notice is about.
func (n *Notice) Title(language string) string {
	t := func(key string, args ...any) string { return lang.T(language, key, args...) }
	switch n.Sort {
	case SortTest:
		return t("notice.test")
	case SortProbe:
		return t("notice.probe")
	case SortFault:
		if n.Page {
			return t("notice.fault", "means", n.Means+t("sender.page"))
		}
		return t("notice.fault", "means", n.Means)
	case SortCheck:
		return n.checkTitle(language)
	case SortMatter:
		return n.matterTitle(language)
	}
	word := n.precedenceWord(language)
	if n.Withdrawn {
		return t("notice.withdrawn", "precedence", word, "dispatch", n.Dispatch.String())
	}
	if n.Count > 1 {
		return t("notice.many", "precedence", word, "n", n.Count, "channel", n.Channel)
	}
	return t("notice.one", "precedence", word, "dispatch", n.Dispatch.String())
}

// precedenceWord names the precedence, and the mark if it is not meant in earnest.
func (n *Notice) precedenceWord(language string) string {
	word := lang.T(language, "precedence."+strings.ToLower(string(n.Precedence)))
	if n.Mark != "" {
		word += " · " + lang.T(language, "mark."+string(n.Mark))
	}
	return word
}

// Body says what else there is to say, in lines, with the links.
func (n *Notice) Body(language string) string {
	text := n.body(language)
	if n.Link != "" {
		text += "\n\n" + lang.T(language, "notice.open") + "\n" + n.Link
	}
	if n.Ack != "" {
		text += "\n\n" + lang.T(language, "notice.acknowledge") + "\n" + n.Ack
	}
	return text
}

func (n *Notice) body(language string) string {
	t := func(key string, args ...any) string { return lang.T(language, key, args...) }
	var lines []string
	switch {
	case n.Sort == SortTest, n.Sort == SortProbe:
		lines = append(lines, t("notice.test-note"))
	case n.Sort == SortFault:
		lines = append(lines, t("notice.fault-note"))
	case n.Sort == SortCheck:
		lines = n.checkBody(language)
	case n.Sort == SortMatter:
		lines = n.matterBody(language)
	case n.Withdrawn:
		lines = append(lines, t("notice.withdrawn-note"))
	default:
		lines = append(lines, t("notice.from", "side", n.From, "channel", n.Channel, "number", n.Number))
		if n.Step > 0 {
			lines = append(lines, t("notice.step", "n", n.Step, "of", n.Of, "time", n.Since.UTC().Format("2006-01-02 15:04Z")))
		}
		for _, act := range n.Acts {
			lines = append(lines, t("notice.act-"+string(act)))
		}
	}
	return strings.Join(lines, "\n")
}

// checkSettings looks at what was typed for the fields of a sender. What it does not
// know is refused; a secret that was left empty stays as it was.
func checkSettings(fields []Field, typed, was Settings) (Settings, error) {
	for name := range typed {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name }) {
			return nil, &Refusal{Code: "setting-wrong", Detail: map[string]string{"field": name}}
		}
	}
	kept := Settings{}
	for _, f := range fields {
		value := strings.TrimSpace(typed[f.Name])
		if f.Type == FieldMade || value == "" && (f.Type == FieldSecret || f.Type == FieldHidden) {
			value = was[f.Name]
		}
		switch {
		case len(value) > maxSetting || strings.ContainsAny(value, "\r\n"):
			return nil, &Refusal{Code: "setting-wrong", Detail: map[string]string{"field": f.Name}}
		case value == "" && f.Required:
			return nil, &Refusal{Code: "setting-missing", Detail: map[string]string{"field": f.Name}}
		case f.Type == FieldChoice && value != "" && !slices.Contains(f.Choices, value):
			return nil, &Refusal{Code: "setting-wrong", Detail: map[string]string{"field": f.Name}}
		case f.Type == FieldAddress && value != "" && checkURL(value) != nil:
			return nil, &Refusal{Code: "setting-wrong", Detail: map[string]string{"field": f.Name}}
		}
		if value != "" {
			kept[f.Name] = value
		}
	}
	return kept, nil
}

// maxSetting bounds one setting, in bytes.
const maxSetting = 2000

// Why says in a language why a means has failed, as it stands in Means.Failed. What
// other machines have answered stays as it is.
func Why(language, failed string) string {
	for key, known := range map[string]error{"not-set": errNotSet, "private": errPrivate, "sealed": errSealedMeans, "ended": errEnded, "away": errAway, "unarmed": errUnarmed, "unheard": errUnheard} {
		if failed == known.Error() {
			return lang.T(language, "told.why-"+key)
		}
	}
	return failed
}

// errNotSet says why a means is told nothing: an administrator has not set it up.
var errNotSet = errors.New("an administrator of this side has not set it up")
