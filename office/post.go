package office

import "strconv"

// DefaultPosts gives the two posts that every side begins with, for a side
// that speaks these languages.
func DefaultPosts(languages []string) []PostBody {
	return []PostBody{
		{Languages: languages, Name: Words{"en": "Head of the office", "ko": "소장"}, Post: "head", Role: "head"},
		{Languages: languages, Name: Words{"en": "Duty officer", "ko": "당직관"}, Post: "duty-officer", Role: "duty-officer"},
	}
}

func checkPost(c *checker, b *PostBody) {
	c.name("post", b.Post)
	if b.Post == Operator {
		c.fail(PostReserved, "post", b.Post)
	}
	oneOf(c, "role", b.Role, Roles)
	c.words("name", b.Name, MaxWords)
	c.languages("languages", b.Languages)
}

// applyPost accredits a post of the writer's side, or accredits it anew with
// another name, role or languages, also after it was ended.
func applyPost(m *matter, b *PostBody) Verdict {
	row := &PostRow{Side: m.ID.Side, Post: b.Post}
	if !m.desk.Get(row) {
		side := &SideRow{Side: m.ID.Side}
		m.desk.Get(side)
		if side.Posts >= MaxPosts {
			limit := strconv.Itoa(MaxPosts)
			return void(TooMany, "field", "post", "size", strconv.FormatInt(side.Posts+1, 10), "limit", limit)
		}
		side.Posts++
		m.desk.Put(side)
	}
	m.desk.Put(&PostRow{
		ID:        m.ID,
		Languages: b.Languages,
		Name:      b.Name,
		Post:      b.Post,
		Role:      b.Role,
		Side:      m.ID.Side,
	})
	return Verdict{}
}

func checkPostEnd(c *checker, b *PostEndBody) { c.name("post", b.Post) }

// applyPostEnd withdraws a post of the writer's side. What it did
// stands; if it is on watch, that ends.
func applyPostEnd(m *matter, b *PostEndBody) Verdict {
	row := &PostRow{Side: m.ID.Side, Post: b.Post}
	switch {
	case !m.desk.Get(row):
		return void(PostUnknown, "post", b.Post)
	case row.Ended:
		return void(PostEnded, "post", b.Post)
	}
	row.Ended = true
	m.desk.Put(row)
	m.endWatchOf(b.Post)
	return Verdict{}
}
