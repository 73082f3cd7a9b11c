package notify

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// What another machine answers is written down, so it must be text that each
// database takes and that does nothing to a terminal or a page.
func TestWhatAnotherMachineAnswersIsKeptAsPlainText(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"it answered 500", "it answered 500"},
		{"malformed header: \xff\x00\x1b[2J\r\nnext", "malformed header: �[2J next"},
		{"\u202egnp.exe", "gnp.exe"},
		{strings.Repeat("한", 200), strings.Repeat("한", 100)},
	} {
		if got := clip(row.text); got != row.want {
			t.Errorf("clip(%q) = %q, want %q", row.text, got, row.want)
		}
	}
}

func TestAnAddressWithAZoneIsNoWayAroundTheGuard(t *testing.T) {
	for _, ip := range []string{"64:ff9b::a00:1%eth0", "2002:a00:1::%1", "::a00:1", "::ffff:0:a00:1", "fec0::1", "2001:db8::1", "192.88.99.1"} {
		if (guard{}).allowed("host.example", netip.MustParseAddr(ip)) {
			t.Errorf("%s may be connected to", ip)
		}
	}
	for _, ip := range []string{"2606:4700::1111", "198.51.101.1", "2001:4860:4860::8888"} {
		if !(guard{}).allowed("host.example", netip.MustParseAddr(ip)) {
			t.Errorf("%s may not be connected to", ip)
		}
	}
}

// A receiver whose answer is no text must not keep what is told from being noted.
func TestAnAnswerThatIsNoTextIsNotedInEachDatabase(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		p := openPeople(t, open(sqldb.Config{}))
		m := p.add(t, "kim", "kim")
		p.sender.fail["kim"] = errors.New("malformed header: \xff\x00" + strings.Repeat("한", 200))
		if err := p.TestMeans(t.Context(), "kim", m.ID); err == nil || !strings.Contains(err.Error(), "malformed") || strings.ContainsAny(err.Error(), "\x00\n") {
			t.Errorf("tested: %v", err)
		}
		list, err := p.Means(t.Context(), "kim")
		if err != nil || len(list) != 1 || list[0].Failures != 1 || !strings.HasPrefix(list[0].Failed, "malformed header: ") {
			t.Errorf("means: %+v, %v", list, err)
		}
	})
}

// Anybody can send what looks like a link. It must not wait for those that write, nor
// keep them from it.
func TestWhoGuessesLinksDoesNotWrite(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		p := openPeople(t, open(sqldb.Config{}))
		guess := base64.RawURLEncoding.EncodeToString(make([]byte, ackSize))
		err := p.DB.Update(t.Context(), func(*sqldb.Tx) error {
			_, err := p.UseAck(t.Context(), guess, func(Ack) error { return nil })
			return err
		})
		if !errors.Is(err, ErrAckUnknown) {
			t.Error(err)
		}
	})
}

func TestTheNameOfAMeansIsPlainText(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		p := openPeople(t, open(sqldb.Config{}))
		for _, label := range []string{"a\x00b", "a\xffb", "\u202eb", "a\x1b[2J"} {
			_, _, err := p.AddMeans(t.Context(), "kim", "test", label, Settings{"address": "kim"})
			if refused, is := errors.AsType[*Refusal](err); !is || refused.Code != "setting-wrong" {
				t.Errorf("%q: %v", label, err)
			}
		}
		if m, _, err := p.AddMeans(t.Context(), "kim", "test", " 내\r\n전화 ", Settings{"address": "kim"}); err != nil || m.Label != "내 전화" {
			t.Errorf("%q, %v", m.Label, err)
		}
	})
}
