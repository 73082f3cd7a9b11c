package node

import (
	"context"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"liaison.example/enclosure"
	"liaison.example/office"
)

// Upload is a file of our own that is read in part by part.
type Upload = enclosure.Upload

// BeginUpload begins to read in a file of so many bytes part by part, for somebody
// who acts for one of these posts and must be allowed an act. Only the owner goes on
// with it. The answer is *Refusal if such a file cannot be enclosed.
func (n *Node) BeginUpload(ctx context.Context, owner string, by []office.Post, act, name string, size int64) (Upload, error) {
	if may, err := n.mayEnclose(ctx, by, act); err != nil {
		return Upload{}, err
	} else if !may {
		return Upload{}, refusedEnclosure(name, "post-may-not", "post", by[0])
	}
	if !goodFileName(name) {
		return Upload{}, refusedEnclosure(name, "enclosure-name")
	}
	u, err := n.enclosures.store.BeginUpload(ctx, owner, name, size)
	return u, n.notEnclosed(ctx, name, err)
}

// Upload tells how far an upload of an owner is. The answer is *Refusal if there is
// none.
func (n *Node) Upload(ctx context.Context, owner, id string) (Upload, error) {
	u, err := n.enclosures.store.Upload(ctx, owner, id)
	return u, n.notEnclosed(ctx, "", err)
}

// AppendUpload reads in the next part of an upload, which begins at an offset, and
// tells how far it is then.
func (n *Node) AppendUpload(ctx context.Context, owner, id string, offset int64, from io.Reader) (Upload, error) {
	u, err := n.enclosures.store.AppendUpload(ctx, owner, id, offset, from)
	return u, n.notEnclosed(ctx, u.Name, err)
}

// FinishUpload makes of an upload whose bytes are all here a file that a dispatch may
// name. Done again, it answers the same.
func (n *Node) FinishUpload(ctx context.Context, owner, id string) (office.Enclosure, error) {
	u, err := n.enclosures.store.Upload(ctx, owner, id)
	if err != nil {
		return office.Enclosure{}, n.notEnclosed(ctx, "", err)
	}
	file, err := n.enclosures.store.FinishUpload(ctx, owner, id)
	if err != nil {
		return office.Enclosure{}, n.notEnclosed(ctx, u.Name, err)
	}
	return n.enclosed(ctx, u.Name, file)
}

// DropUpload ends an upload of an owner; nothing stays of it.
func (n *Node) DropUpload(ctx context.Context, owner, id string) error {
	return n.notEnclosed(ctx, "", n.enclosures.store.DropUpload(ctx, owner, id))
}

// enclosed is a file of our own as a dispatch names it.
func (n *Node) enclosed(ctx context.Context, name string, file enclosure.File) (office.Enclosure, error) {
	in, err := n.enclosures.store.Open(ctx, file.Hash, file.Size)
	if err != nil {
		return office.Enclosure{}, err
	}
	return office.Enclosure{Hash: file.Hash, Name: name, Size: file.Size, Type: enclosure.MediaType(in, file.Size, name)}, nil
}

// goodFileName reports whether a dispatch may name a file so. The rules bound what
// it names, and refuse a longer name only when all of the file has been read in.
func goodFileName(name string) bool {
	return enclosure.GoodName(name) && utf8.RuneCountInString(name) <= office.MaxNamed
}

// refusedEnclosure refuses a file by its name.
func refusedEnclosure(name, code string, detail ...string) *Refusal {
	r := &Refusal{Code: office.Reason(code), Detail: map[string]string{"name": enclosure.Legible(name)}}
	for i := 0; i < len(detail); i += 2 {
		r.Detail[detail[i]] = detail[i+1]
	}
	return r
}

// notEnclosed makes of why a file was not read in a *Refusal, if a person can mend it.
func (n *Node) notEnclosed(ctx context.Context, name string, err error) error {
	var no *enclosure.Refused
	var large *enclosure.TooLarge
	var room *enclosure.NoRoom
	var wrong *enclosure.WrongOffset
	switch {
	case err == nil:
		return nil
	case errors.As(err, &no):
		return refusedEnclosure(name, "enclosure-"+string(no.Code))
	case errors.As(err, &large):
		return refusedEnclosure(name, "enclosure-too-large", "limit", strconv.FormatInt(large.Limit>>20, 10))
	case errors.As(err, &room):
		n.noRoom(ctx, room)
		return refusedEnclosure(name, "enclosure-no-room")
	case errors.As(err, &wrong):
		return &Refusal{Code: "upload-offset", Detail: map[string]string{"offset": strconv.FormatInt(wrong.Held, 10)}}
	case errors.Is(err, enclosure.ErrNoUpload):
		return &Refusal{Code: "upload-unknown", Detail: map[string]string{}}
	case errors.Is(err, enclosure.ErrManyUploads):
		return &Refusal{Code: "upload-many", Detail: map[string]string{"limit": strconv.Itoa(enclosure.MaxUploads)}}
	case errors.Is(err, enclosure.ErrLonger):
		return &Refusal{Code: "upload-longer", Detail: map[string]string{}}
	case diskReason(err) != "":
		n.noteDisk(err)
		return refusedEnclosure(name, "enclosure-no-room")
	}
	return err
}
