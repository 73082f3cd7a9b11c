package web

import (
	"html/template"
	"net/http"
	"slices"
	"strconv"

	"liaison.example/people"
)

const (
	draftsLength = 30 // drafts on one page
	draftsShown  = 4  // of those that wait for the reader, above the list of dispatches
)

// draftsPage is the drafts of our side, as they concern the reader.
type draftsPage struct {
	Frame
	Shelves     []shelfLink
	Shelf       people.Shelf
	Lines       []draftLine
	First, Next string
	MayWrite    bool
}

type shelfLink struct {
	Href, Name string
	Here       bool
	Count      int // 0 where it is not counted
}

// draftLine is one draft in a list.
type draftLine struct {
	listLine
	State   draftState
	Changed template.HTML
}

func (s *site) drafts(v *visit) error {
	if !v.maySeeDrafts() {
		return errNotYours
	}
	shelf := people.Shelf(v.r.URL.Query().Get("show"))
	if shelf == "" {
		shelf = people.ShelfWaits
	}
	if !slices.Contains(people.Shelves, shelf) {
		return errNothingHere
	}
	frame, err := s.frame(v, "drafts", v.t("drafts.title"))
	if err != nil {
		return err
	}
	page := draftsPage{Frame: frame, Shelf: shelf, MayWrite: v.status.Open}
	for _, one := range people.Shelves {
		link := shelfLink{Href: "/drafts?show=" + string(one), Name: v.t("drafts." + string(one)), Here: one == shelf}
		if one == people.ShelfWaits {
			link.Count = v.draftsWait
		}
		page.Shelves = append(page.Shelves, link)
	}
	before, _ := strconv.ParseInt(v.r.URL.Query().Get("before"), 10, 64) // what is no number begins with the latest
	list, err := s.node.People().Drafts(v.ctx, v.hand(), shelf, before, draftsLength+1)
	if err != nil {
		return err
	}
	here := "/drafts?show=" + string(shelf)
	if before > 0 {
		page.First = here
	}
	if len(list) > draftsLength {
		list = list[:draftsLength]
		page.Next = here + "&before=" + strconv.FormatInt(list[draftsLength-1].ID, 10)
	}
	for i := range list {
		page.Lines = append(page.Lines, v.draftLine(&list[i]))
	}
	return s.render(v, http.StatusOK, "drafts", page)
}

// draftLine is a draft as lists show it.
func (v *visit) draftLine(d *people.Draft) draftLine {
	p := d.Precedence()
	line := draftLine{State: v.draftState(d), Changed: v.signed(d.Changed)}
	line.listLine = listLine{
		Href: draftHref(d.ID), Precedence: p, Word: v.t("precedence." + lowerPrecedence(p)), Number: d.ID,
		Channel: v.channelName(d.Content.Channel), Subject: d.Content.Subject, Lang: textLanguage(d.Content.Subject),
	}
	if len(v.others()) > 1 {
		line.To = v.sideNames(d.Content.To)
	}
	if line.Subject == "" {
		line.Subject, line.Lang = v.t("drafts.no-subject"), v.tag
	}
	return line
}

// draftsThatWait are the first drafts that wait for the reader.
func (s *site) draftsThatWait(v *visit) (lines []draftLine, err error) {
	if v.draftsWait == 0 {
		return nil, nil
	}
	list, err := s.node.People().Drafts(v.ctx, v.hand(), people.ShelfWaits, 0, draftsShown)
	if err != nil {
		return nil, err
	}
	for i := range list {
		lines = append(lines, v.draftLine(&list[i]))
	}
	return lines, nil
}
