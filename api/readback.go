package api

import (
	"context"
	"net/http"

	"liaison.example/office"
)

func (s *server) readBack(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var n NewReadback
	if err := read(r, &n); err != nil {
		return err
	}
	return s.act(w, r, n.By, office.KindReadback, &office.ReadbackBody{Dispatch: id, Text: n.Text})
}

func (s *server) answerReadback(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var n NewReadbackAnswer
	if err := read(r, &n); err != nil {
		return err
	}
	return s.act(w, r, n.By, office.KindReadbackReply, &office.ReadbackAnswerBody{Answer: n.Answer, Readback: id, Text: n.Text})
}

// readbacks are the read-backs of a dispatch with their texts.
func (s *server) readbacks(ctx context.Context, id office.EntryID) (shapes []Readback, err error) {
	list, err := s.Node.Records().Readbacks(ctx, id)
	for i := range list {
		one := &list[i]
		shape := Readback{ID: one.ID, Side: one.Side, By: one.By, At: moment(one.At), Text: one.Text}
		if a := one.Answer; a != nil {
			shape.Answer = &ReadbackAnswer{ID: a.ID, By: a.By, At: moment(a.At), Answer: a.Answer, Text: a.Text}
		}
		shapes = append(shapes, shape)
	}
	return shapes, err
}

// ReadBack restates for a post of our side what it has understood of a dispatch.
func (c *Client) ReadBack(ctx context.Context, dispatch office.EntryID, n NewReadback) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/dispatches/"+dispatch.String()+"/readback", nil, n, &w)
}

// AnswerReadback confirms or disputes a read-back of a dispatch of our side.
func (c *Client) AnswerReadback(ctx context.Context, readback office.EntryID, n NewReadbackAnswer) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/readbacks/"+readback.String()+"/answer", nil, n, &w)
}
