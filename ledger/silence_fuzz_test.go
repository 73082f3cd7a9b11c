package ledger

import (
	"strings"
	"testing"
)

// FuzzSilence reads what claims to be a statement of silence: nothing of it may
// panic, and what is read is written the same.
func FuzzSilence(f *testing.F) {
	head := "liaison silence v1\noffice kaesong.example\nside south\nabout north\nat 2018-09-14T02:10:00.000Z\nline up unknown\nheard never\nhours none\nwatch nobody\n" +
		"awaits south/1 acknowledgement not-acknowledged none\nreceipt YQ==\ncheckpoint YQ==\nentry 1 YQ==\n"
	f.Add(head)
	f.Add(head + "from 0\n")
	f.Add(head + "from 3\npeak " + strings.Repeat("A", 43) + "=\npeak " + strings.Repeat("A", 43) + "=\nleaf YQ==\nleaf " + "\n")
	f.Add(strings.Replace(head, "line up unknown", "line down 2018-09-14T02:10:00.000Z", 1))
	keys := fuzzKeys(f, "south")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseSilence(text)
		if err == nil {
			if p.text() != text {
				t.Errorf("%q is written as %q", text, p.text())
			}
			p.first()
			if p.leaves != nil {
				_, _ = p.checkLeaves(&checkpoint{size: p.from + int64(len(p.leaves))})
			}
		}
		_, _ = VerifySilence(t.Context(), []byte(text), []string{keys.Party().Key})
		_, _ = VerifySilence(t.Context(), keys.signNote(text), []string{keys.Party().Key, fuzzKeys(t, "north").Party().Key, fuzzKeys(t, "north").Party().CosignerKey})
	})
}
