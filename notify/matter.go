package notify

import (
	"liaison.example/lang"
	"liaison.example/office"
)

// Matter is what a person is told of beside dispatches and line checks: something that
// asks for a person of our side, or that they would otherwise find only by looking.
type Matter struct {
	What  What   `json:"what"`
	About string `json:"about"`          // the entry, or the number of the offer
	Page  string `json:"page"`           // address of the page, without the host
	Side  string `json:"side,omitempty"` // the other side that it is about
	Of    string `json:"-"`              // what else tells it from others
}

// What says what a matter is. Its words stand in package lang under
// "notice.matter-<what>".
type What string

// What a matter can be.
const (
	WhatTender         What = "tender"         // one has come, and waits for our answer
	WhatTenderDeclined What = "declined"       // ours was
	WhatTenderOver     What = "over"           // the time for the answer to ours has passed
	WhatNote           What = "note"           // a coordination note has come
	WhatAnswer         What = "answer"         // one that we owe is overdue
	WhatHolding        What = "holding"        // the day by which we meant to answer has passed
	WhatReadback       What = "readback"       // a read-back that we owe is overdue
	WhatDisputed       What = "disputed"       // ours was, and we are to read back once more
	WhatConfirmation   What = "confirmation"   // a read-back of the other side waits for our word
	WhatUnread         What = "unread"         // our dispatch: the read-back of the other side is overdue
	WhatUnmanned       What = "unmanned"       // a watch is promised, and nobody is on it
	WhatSuspended      What = "suspended"      // the other side has suspended channels
	WhatResumed        What = "resumed"        // and resumed them
	WhatSwap           What = "swap"           // a watch is offered to the person
	WhatUnreceived     What = "unreceived"     // our dispatch: the receipt of the other node is overdue
	WhatUnacknowledged What = "unacknowledged" // our dispatch: nobody there has acknowledged it when other means are to be tried
)

// Whats lists all of them.
var Whats = []What{
	WhatTender, WhatTenderDeclined, WhatTenderOver, WhatNote, WhatAnswer, WhatHolding, WhatReadback, WhatDisputed, WhatConfirmation, WhatUnread, WhatUnmanned, WhatSuspended, WhatResumed, WhatSwap, WhatUnreceived, WhatUnacknowledged,
}

// matterSubject begins the subject of each matter, so that none is taken for a
// dispatch or a line check.
const matterSubject = "matter "

func (m *Matter) subject() string {
	return matterSubject + string(m.What) + " " + m.About + " " + m.Side + " " + m.Of
}

// act is the place in the table of whom that says who is told of a matter.
func (m *Matter) act() office.StepAct {
	if m.What == WhatUnreceived || m.What == WhatUnacknowledged {
		return office.StepBearer
	}
	return ActRelease
}

// matterTitle says in one line what a notice of a matter is about.
func (n *Notice) matterTitle(language string) string {
	m := n.Matter
	title := lang.T(language, "notice.matter-"+string(m.What), "about", m.About, "channel", n.Channel, "side", m.Side, "precedence", n.precedenceWord(language))
	switch {
	case n.Withdrawn:
		return lang.T(language, "notice.matter-withdrawn", "title", title)
	case n.Count > 1:
		return lang.T(language, "notice.matter-many", "title", title, "n", n.Count-1)
	}
	return title
}

// matterBody says what else there is to say, in a line.
func (n *Notice) matterBody(language string) []string {
	if n.Withdrawn {
		return []string{lang.T(language, "notice.matter-withdrawn-note")}
	}
	return []string{lang.T(language, "notice.matter-"+string(n.Matter.What)+"-note")}
}
