package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

// dispatchPage is one dispatch with its ladder of receipts.
type dispatchPage struct {
	Frame
	Line         listLine
	To           string
	Paragraphs   []paragraph
	TextLang     string
	By           string
	Released     []onClock
	Channel      string
	Steps        []step
	Settled      bool
	Mark         string // "Exercise" or "Test", in words; empty if it is meant in earnest
	Notices      []notice
	Struck       bool // the text no longer stands as it is
	Informs      string
	InformsAt    string // how urgent it is to those, if that is another precedence
	Facts        []fact
	Filled       *filledForm // nil if it has no form
	Enclosed     []enclosedFile
	Thread       []listLine // with this one; empty if it stands alone
	Offers       handlingOffer
	Suspended    []suspended   // its channel, by whom
	Coordination *notesAbout   // nil if there is nothing to show
	Silences     []silenceLine // of each side from which something is waited for
	Attempts     attemptsAbout
	Readbacks    *readbackPart // nil if it asks for none
	// MayAcknowledge says that the button stands on the page; Waits that the
	// dispatch waits for our side, whoever reads the page.
	Waits, MayAcknowledge bool
	Refused               string
}

// paragraph is one paragraph of a text, under the number that both sides cite.
type paragraph struct {
	Number int // 0 if the writer has numbered the text
	Text   string
}

func (s *site) dispatch(v *visit) error {
	id, err := v.pathID()
	if err != nil {
		return err
	}
	return s.showDispatch(v, http.StatusOK, id, refusedAct{})
}

func (s *site) showDispatch(v *visit, status int, id office.EntryID, refused refusedAct) error {
	line, found, err := s.node.Records().Dispatch(v.ctx, id)
	if err != nil {
		return fmt.Errorf("read dispatch %s: %w", id, err)
	}
	if !found {
		return errNothingHere
	}
	receipts, err := s.node.Receipts(v.ctx, id)
	if err != nil {
		return fmt.Errorf("read the receipts of %s: %w", id, err)
	}
	frame, err := s.frame(v, "list", v.t("dispatch.title", "number", line.Number, "side", v.sideName(line.From)))
	if err != nil {
		return err
	}
	frame.Path = "/dispatches/" + id.String()
	page := dispatchPage{
		Frame: frame, Line: v.bareLine(&line), To: v.sideNames(line.To), Paragraphs: paragraphs(line.Text), TextLang: textLanguage(line.Text),
		By: v.officer(line.From, line.By), Released: v.clocks(fromMillis(line.At)), Channel: v.channelName(line.Channel),
		Settled: line.Settled, Waits: v.waitsForUs(&line), Refused: refused.Sentence, Mark: v.markName(line.Mark), Offers: v.offers(&line),
	}
	page.Offers.Until = refused.Until
	page.Line.Progress = v.progress(&line, receipts)
	page.MayAcknowledge = page.Waits && v.mayWith(office.KindAcknowledge, line.Precedence, line.Form.CodeOf())
	if page.Steps, err = s.ladder(v, &line, receipts); err != nil {
		return err
	}
	if page.Notices, page.Struck, err = s.notices(v, &line); err != nil {
		return err
	}
	if page.Facts, err = s.facts(v, &line.Dispatch); err != nil {
		return err
	}
	if page.Filled, err = s.filled(v, line.Form); err != nil {
		return err
	}
	if page.Filled != nil {
		form, err := s.formOf(v, &line.Dispatch)
		if err != nil {
			return err
		}
		page.Filled.Asks = v.asksNow(form, &line)
		page.Filled.Late = v.wasLate(form, &line.Dispatch)
		silent := v.office.Charter.Unobjected(&line.Dispatch, form, &line.Handling, office.NewJointClock(v.jointly(), line.At), v.now.UnixMilli())
		if _, awaited := office.Awaited(form, &line.Dispatch, &line.Handling, silent); awaited {
			page.Offers.Close = false
		}
	}
	if info := line.Info; info != nil {
		page.Informs = v.sideNames(info.To)
		if info.Precedence != line.Precedence {
			page.InformsAt = v.t("precedence." + lowerPrecedence(info.Precedence))
		}
	}
	if page.Enclosed, err = s.enclosedFiles(v, &line); err != nil {
		return err
	}
	if page.Suspended, err = s.suspendedNow(v, line.Channel); err != nil {
		return err
	}
	silences, err := s.node.SilencesOf(v.ctx, &line, v.now)
	if err != nil {
		return err
	}
	page.Silences = v.silenceLines(silences)
	if page.Attempts, err = s.attemptsAbout(v, &line.Dispatch); err != nil {
		return err
	}
	if page.Readbacks, err = s.readbacks(v, &line, &page, &refused); err != nil {
		return err
	}
	if page.Coordination, err = s.notesAbout(v, &line.Dispatch); err != nil {
		return err
	}
	if page.Thread, err = s.thread(v, &line); err != nil {
		return err
	}
	return s.render(v, status, "dispatch", page)
}

// thread lists the dispatches of the thread that one belongs to, if there are
// others in it.
func (s *site) thread(v *visit, line *records.DispatchLine) ([]listLine, error) {
	lines, err := s.node.Records().Thread(v.ctx, &line.Dispatch)
	if err != nil {
		return nil, err
	}
	if len(lines) < 2 {
		return nil, nil
	}
	var out []listLine
	for i := range lines {
		out = append(out, v.bareLine(&lines[i]))
	}
	return out, nil
}

// waitsForUs reports whether a dispatch is addressed to our side and not yet
// acknowledged by it.
func (v *visit) waitsForUs(line *records.DispatchLine) bool {
	return slices.Contains(line.Waiting, v.side)
}

func (s *site) postAcknowledge(v *visit) error {
	id, err := v.pathID()
	if err != nil {
		return err
	}
	_, err = s.node.Write(v.ctx, node.Act{
		By: v.session.Post, Person: v.by(), Kind: office.KindAcknowledge, Body: &office.AcknowledgeBody{Dispatch: id},
	})
	var refusal *node.Refusal
	if errors.As(err, &refusal) {
		return s.showDispatch(v, http.StatusUnprocessableEntity, id, refusedAct{Sentence: v.refused(refusal)})
	}
	if err != nil {
		return fmt.Errorf("acknowledge %s: %w", id, err)
	}
	href := "/dispatches/" + id.String()
	if line, found, err := s.node.Records().Dispatch(v.ctx, id); err == nil && found && line.Precedence == office.Flash && v.knowsForms() {
		href += "#coordination" // about a FLASH one talks at once
	}
	return v.redirect(href)
}

// paragraphs cuts a text at its empty lines and numbers the parts. A text that
// the writer has numbered in the same way is left to speak for itself.
func paragraphs(text string) []paragraph {
	var out []paragraph
	var lines []string
	end := func() {
		if len(lines) > 0 {
			out = append(out, paragraph{len(out) + 1, strings.Join(lines, "\n")})
			lines = nil
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) == "" {
			end()
		} else {
			lines = append(lines, line)
		}
	}
	end()
	numbered := len(out) == 1
	for i, p := range out {
		numbered = numbered || strings.HasPrefix(p.Text, strconv.Itoa(i+1)+".") || strings.HasPrefix(p.Text, strconv.Itoa(i+1)+")")
	}
	if numbered {
		for i := range out {
			out[i].Number = 0
		}
	}
	return out
}
