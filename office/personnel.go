package office

// PersonnelNotice is how long before a change of personnel its notice is due, in
// milliseconds: seven days.
const PersonnelNotice = 7 * 24 * 60 * minute

// PersonnelBody gives notice that a post of the writer's side changes hands: who
// comes and who goes, as far as the side chooses to say.
type PersonnelBody struct {
	Comes     string   `json:"comes,omitzero"`
	From      Minute   `json:"from"`
	Goes      string   `json:"goes,omitzero"`
	Languages []string `json:"languages,omitzero"` // of who comes
	Post      Post     `json:"post"`
	Text      string   `json:"text,omitzero"`
}

func checkPersonnel(c *checker, b *PersonnelBody) {
	if b.Comes != "" || b.Goes == "" {
		c.line("comes", b.Comes, MaxWatchName)
	}
	c.minute("from", b.From)
	if b.Goes != "" {
		c.line("goes", b.Goes, MaxWatchName)
	}
	if b.Languages != nil {
		c.languages("languages", b.Languages)
	}
	c.name("post", b.Post)
	if b.Text != "" {
		c.text("text", b.Text, MaxStatement)
	}
}

// applyPersonnel notes a change of personnel. Notice that comes late is marked and
// not refused: the other sides had better hear it late than never.
func applyPersonnel(m *matter, b *PersonnelBody) Verdict {
	from, _ := b.From.Millis()
	m.desk.Put(&Personnel{
		At:        m.At,
		By:        m.By,
		Comes:     b.Comes,
		From:      from,
		Goes:      b.Goes,
		ID:        m.ID,
		Languages: b.Languages,
		Late:      m.Time > from-PersonnelNotice,
		Post:      b.Post,
		Side:      m.ID.Side,
		Text:      b.Text,
		Time:      m.Time,
	})
	return Verdict{}
}

// Personnel is a change of personnel of which a side has given notice.
type Personnel struct {
	At        int64    `json:"at"`
	By        Post     `json:"by"`
	Comes     string   `json:"comes,omitzero"`
	From      int64    `json:"from"` // milliseconds, a whole minute
	Goes      string   `json:"goes,omitzero"`
	ID        EntryID  `json:"id"`
	Languages []string `json:"languages,omitzero"`
	Late      bool     `json:"late"` // less than PersonnelNotice before From, by Time
	Post      Post     `json:"post"`
	Side      Side     `json:"side"`
	Text      string   `json:"text,omitzero"`
	Time      int64    `json:"time"` // of the entry in the joint order
}

func (*Personnel) Table() string { return "personnel" }
func (p *Personnel) Key() string { return p.ID.String() }
