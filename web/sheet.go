package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	qr "github.com/piglig/go-qr"

	"liaison.example/office"
)

// sheetPage is a dispatch as it is printed and faxed: black on white, with its
// identity and a code by which the paper is checked against the record.
type sheetPage struct {
	Frame
	Line       listLine
	To         string
	Informs    string
	Mark       string
	Struck     bool
	Notices    []notice
	By         string
	Channel    string
	Released   []onClock
	UTC        string // the moment of release
	Facts      []fact
	Filled     *filledForm
	Paragraphs []paragraph
	TextLang   string
	Enclosures []sheetEnclosure
	State      progress
	Hash       string // the leaf hash, grouped
	Code       string
	Picture    template.HTML
	Printed    template.HTML
}

type sheetEnclosure struct {
	Name, Type, Size, Hash string
}

func (s *site) sheet(v *visit) error {
	v.onPaper = true
	id, err := v.pathID()
	if err != nil {
		return err
	}
	line, found, err := s.node.Records().Dispatch(v.ctx, id)
	if err != nil {
		return fmt.Errorf("read dispatch %s: %w", id, err)
	}
	if !found {
		return errNothingHere
	}
	leaf, err := s.bytesOf(v, id)
	if err != nil {
		return err
	}
	receipts, err := s.node.Receipts(v.ctx, id)
	if err != nil {
		return fmt.Errorf("read the receipts of %s: %w", id, err)
	}
	frame, err := s.frame(v, "list", v.t("dispatch.title", "number", line.Number, "side", v.sideName(line.From)))
	if err != nil {
		return err
	}
	code := office.SheetCode{Office: v.status.Office, ID: id, Hash: hashLeaf(leaf)}
	page := sheetPage{
		Frame: frame, Line: v.bareLine(&line), To: v.sideNames(line.To), Mark: v.markName(line.Mark), By: v.officer(line.From, line.By),
		Channel: v.channelName(line.Channel), Released: v.clocks(fromMillis(line.At)), UTC: fromMillis(line.At).Format(dateForm + " " + timeForm),
		Paragraphs: paragraphs(line.Text), TextLang: textLanguage(line.Text), State: v.progress(&line, receipts),
		Hash: groupedHash(hex.EncodeToString(code.Hash[:])), Code: code.String(), Printed: v.when(v.now),
	}
	if line.Info != nil {
		page.Informs = v.sideNames(line.Info.To)
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
		page.Filled.Late = v.wasLate(form, &line.Dispatch)
	}
	if page.Notices, page.Struck, err = s.notices(v, &line); err != nil {
		return err
	}
	for _, e := range line.Enclosures {
		page.Enclosures = append(page.Enclosures, sheetEnclosure{e.Name, e.Type, grouped(fmt.Sprint(e.Size)), groupedHash(e.Hash)})
	}
	if page.Picture, err = drawCode(page.Code); err != nil {
		return err
	}
	return s.render(v, http.StatusOK, "sheet", page)
}

// hashLeaf gives the leaf hash of RFC 6962.
func hashLeaf(leaf []byte) [32]byte { return sha256.Sum256(append([]byte{0}, leaf...)) }

// drawCode draws a QR code that a fax does not spoil: a quarter of it may be
// lost.
func drawCode(text string) (template.HTML, error) {
	code, err := qr.EncodeText(text, qr.Quartile)
	if err != nil {
		return "", fmt.Errorf("draw the code of a sheet: %w", err)
	}
	var out bytes.Buffer
	if err := code.WriteAsSVG(qr.NewQrCodeImgConfig(4, 4*4), &out, "#ffffff", "#000000"); err != nil {
		return "", fmt.Errorf("draw the code of a sheet: %w", err)
	}
	_, svg, found := strings.Cut(out.String(), "<svg")
	if !found {
		return "", fmt.Errorf("draw the code of a sheet: no picture came out")
	}
	return template.HTML("<svg" + svg), nil
}

// checkPage checks the code of a sheet against the record.
type checkPage struct {
	Frame
	Code     string // as it was given
	Asked    bool
	Match    bool
	Sentence template.HTML
	Entry    proofLink // what the record has under that id; no address if nothing
	Hash     string    // of it, grouped
}

func (s *site) check(v *visit) error {
	frame, err := s.frame(v, "record", v.t("check.title"))
	if err != nil {
		return err
	}
	page := checkPage{Frame: frame, Code: strings.TrimSpace(v.r.URL.Query().Get("code"))}
	page.Asked = page.Code != ""
	if !page.Asked {
		return s.render(v, http.StatusOK, "check", page)
	}
	code, ok := office.ParseSheetCode(page.Code)
	switch {
	case !ok:
		page.Code, page.Sentence = shorten(page.Code, 400), v.h("check.no-code")
		return s.render(v, http.StatusUnprocessableEntity, "check", page)
	case code.Office != v.status.Office:
		page.Sentence = v.h("check.other-office", "office", code.Office)
		return s.render(v, http.StatusOK, "check", page)
	}
	placed, found, err := s.node.Records().PlacedEntry(v.ctx, code.ID)
	if err != nil {
		return fmt.Errorf("read entry %s: %w", code.ID, err)
	}
	if !found {
		page.Sentence = v.h("check.unknown", "id", code.ID)
		return s.render(v, http.StatusOK, "check", page)
	}
	leaf, err := s.bytesOf(v, code.ID)
	if err != nil {
		return err
	}
	hash := hashLeaf(leaf)
	page.Hash, page.Match = groupedHash(hex.EncodeToString(hash[:])), hash == code.Hash
	page.Entry = proofLink{Href: "/record/" + code.ID.String(), Name: v.t("ladder.entry", "id", code.ID)}
	if placed.Kind == office.KindDispatch && placed.Verdict.Done() {
		page.Entry = proofLink{Href: "/dispatches/" + code.ID.String(), Name: v.t("entry.open-dispatch")}
	}
	page.Sentence = v.h("check.differs", "id", code.ID)
	if page.Match {
		page.Sentence = v.h("check.match", "id", code.ID)
	}
	return s.render(v, http.StatusOK, "check", page)
}
