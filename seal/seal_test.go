package seal_test

import (
	"testing"

	"liaison.example/seal"
)

var key = seal.Key{1, 2, 3}

const (
	text = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	// sealed is text, as the program sealed it for "park" when it began to. It is
	// never edited: it must open for ever.
	sealed = "sealed:CDpQ1eb235ppI4bTR0ajesGoTI6PPcwkN0Izu6jD5bSvt8ZQKLr+3ive6Ng9W/8+YIDTomsliru4oBaF"
)

func newSeal(t *testing.T, key seal.Key, pkg string) seal.Seal {
	t.Helper()
	s, err := seal.New(key, pkg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatIsSealedOpensForItsOwnerPackageAndKeyAlone(t *testing.T) {
	s := newSeal(t, key, "people")
	for name, c := range map[string]struct {
		seal          seal.Seal
		owner, sealed string
		want          string
		opens         bool
	}{
		"as it was sealed once":   {s, "park", sealed, text, true},
		"sealed just now":         {s, "park", s.Close("park", text), text, true},
		"nothing":                 {s, "park", s.Close("park", ""), "", true},
		"for another owner":       {s, "choi", sealed, "", false},
		"of another package":      {newSeal(t, key, "notify"), "park", sealed, "", false},
		"with another key":        {newSeal(t, seal.Key{9}, "people"), "park", sealed, "", false},
		"changed":                 {s, "park", sealed[:20] + "x" + sealed[21:], "", false},
		"cut off":                 {s, "park", sealed[:20], "", false},
		"in clear":                {s, "park", text, "", false},
		"not what Close can make": {s, "park", "sealed:!", "", false},
	} {
		if got, opens := c.seal.Open(c.owner, c.sealed); got != c.want || opens != c.opens {
			t.Errorf("%s: got %q, %v, want %q, %v", name, got, opens, c.want, c.opens)
		}
	}
	if again := s.Close("park", text); again == s.Close("park", text) {
		t.Error("the same text was sealed to the same twice")
	}
	if !seal.Is(sealed) || seal.Is(text) || seal.Is("") {
		t.Error("what is sealed is not told from what is not")
	}
}
