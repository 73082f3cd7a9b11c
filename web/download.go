package web

import (
	"fmt"

	"liaison.example/office"
)

// exports says that the answer is a file of this node, to keep: what of the office it
// holds, in which kind of file.
func (v *visit) exports(what, kind, media string) {
	h := v.w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s-%s.%s"`, v.status.Office, v.side, what, kind))
}

// bytesOf gives the exact bytes of an entry.
func (s *site) bytesOf(v *visit, id office.EntryID) ([]byte, error) {
	leaf, err := s.node.Leaf(v.ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the bytes of %s: %w", id, err)
	}
	return leaf, nil
}

// leaf answers with the exact bytes of an entry.
func (s *site) leaf(v *visit) error {
	id, err := s.existing(v)
	if err != nil {
		return err
	}
	leaf, err := s.bytesOf(v, id)
	if err != nil {
		return err
	}
	return v.download(fmt.Sprintf("%s-%d.json", id.Side, id.Index), leaf)
}

// proof answers with the disclosure of an entry: the entry, its place in the
// ledger, and the signatures over it, for anyone to check offline.
func (s *site) proof(v *visit) error {
	id, err := s.existing(v)
	if err != nil {
		return err
	}
	disclosure, err := s.node.Disclosure(v.ctx, id)
	if err != nil {
		return fmt.Errorf("disclose %s: %w", id, err)
	}
	return v.download(fmt.Sprintf("%s-%d.disclosure", id.Side, id.Index), disclosure)
}

// receipt answers with one side's receipt for an entry: the signed checkpoint.
func (s *site) receipt(v *visit) error {
	id, err := s.existing(v)
	if err != nil {
		return err
	}
	receipts, err := s.node.Receipts(v.ctx, id)
	if err != nil {
		return fmt.Errorf("read the receipts of %s: %w", id, err)
	}
	receipt, ok := receiptBy(receipts, v.r.PathValue("by"))
	if !ok {
		return errNothingHere
	}
	return v.download(fmt.Sprintf("%s-%d-received-by-%s.txt", id.Side, id.Index, receipt.By), []byte(receipt.Note))
}

// existing reads the entry id from the path, if there is such an entry.
func (s *site) existing(v *visit) (office.EntryID, error) {
	id, err := v.pathID()
	if err != nil {
		return id, err
	}
	_, found, err := s.node.Records().PlacedEntry(v.ctx, id)
	if err != nil {
		return id, fmt.Errorf("look up entry %s: %w", id, err)
	}
	if !found {
		return id, errNothingHere
	}
	return id, nil
}

// download answers with a file to keep. It is never shown as a page of ours:
// another side has written what is in it.
func (v *visit) download(name string, content []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	v.w.Write(content) // if it cannot be written, nobody is left to be told
	return nil
}
