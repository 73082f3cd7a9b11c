package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"liaison.example/lang"
	"liaison.example/ledger"
	"liaison.example/link"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// Every list of codes and names that pages put into words, with the table of
// words that has a phrase for each.
func TestEveryCodeHasItsWords(t *testing.T) {
	want := map[string][]string{
		"role":  office.Roles,
		"side":  {"north", "south", "east", "west"},
		"post":  {office.Operator},
		"mode":  {string(node.Ready), string(node.Behind), string(node.ReadOnly), "behind", "restored", "own-fork", "disk-full", "disk-read-only", "disk-broken"},
		"alarm": {"backdated", "number-gap", "number-again", "check-differs", "records-behind", "disk-full", "disk-read-only", "disk-broken"},
		"refused": {
			"post-may-not", "not-an-entry", "node-behind", "node-restored", "node-own-fork", "node-busy", "node-stopping",
			"given-up", "disk-full", "disk-read-only", "disk-broken",
			"account-name", "account-exists", "account-unknown", "account-person", "account-posts", "account-post",
			"account-language", "account-self", "account-suspended", "account-not-suspended", "account-many",
			"password-short", "password-text", "password-common", "password-wrong", "code-wrong",
			"sign-in-wrong", "sign-in-wait", "sign-in-busy",
			"passkey-address", "passkey-script", "passkey-name", "passkey-many", "passkey-late", "passkey-not-made", "passkey-wrong",
			"passkey-copied", "passkey-unknown", "passkey-last", "proof-needed",
			"draft-unknown", "draft-changed", "draft-releasing", "draft-released", "draft-discarded", "draft-moved",
			"draft-own", "draft-alone", "draft-many", "draft-too-long", "draft-steps", "draft-no-words", "draft-words",
			"setting-missing", "setting-wrong", "means-many",
			"may-unknown", "may-many", "acting-order", "acting-long", "acting-many", "acting-unknown",
		},
		"record": {"equal", "unequal", "comparing", "unknown"},
	}
	for _, reason := range office.Reasons {
		want["void"] = append(want["void"], string(reason))
	}
	for _, deed := range people.Deeds {
		want["trail"] = append(want["trail"], string(deed))
	}
	for _, act := range people.Acts {
		want["may"] = append(want["may"], act.Name)
	}
	for _, asks := range office.AllAsks {
		want["form"] = append(want["form"], "asks-"+string(asks), "silence-"+string(asks))
	}
	for _, mode := range office.Modes {
		want["form"] = append(want["form"], "mode-"+string(mode))
	}
	want["tender"] = append(want["tender"], "state-unanswered")
	for _, state := range office.TenderStates {
		want["tender"] = append(want["tender"], "state-"+string(state))
	}
	for _, reason := range office.DeclineReasons {
		want["tender"] = append(want["tender"], "reason-"+string(reason))
	}
	for _, typ := range office.FieldTypes {
		want["form"] = append(want["form"], "type-"+string(typ))
		want["field-type"] = append(want["field-type"], string(typ))
	}
	for _, fault := range []office.Reason{office.FormLacks, office.FormFieldUnknown, office.FormValue} {
		want["fill"] = append(want["fill"], string(fault))
	}
	for _, state := range people.DraftStates {
		want["draft-state"] = append(want["draft-state"], string(state))
	}
	for _, step := range people.StepNames {
		want["draft-step"] = append(want["draft-step"], string(step))
	}
	for _, shelf := range people.Shelves {
		want["drafts"] = append(want["drafts"], string(shelf))
	}
	for _, m := range office.AllMeans {
		want["attempt"] = append(want["attempt"], "means-"+string(m))
	}
	for _, o := range office.Outcomes {
		want["attempt"] = append(want["attempt"], "outcome-"+string(o))
	}
	for _, view := range office.Views {
		want["attempt"] = append(want["attempt"], "view-"+string(view))
	}
	for _, kind := range office.Kinds {
		want["kind"] = append(want["kind"], kind.Name)
	}
	for _, p := range office.Precedences {
		want["precedence"] = append(want["precedence"], lowerPrecedence(p), lowerPrecedence(p)+".for")
	}
	for _, state := range records.States {
		want["choice"] = append(want["choice"], string(state))
	}
	for _, m := range records.Marks {
		want["choice"] = append(want["choice"], string(m))
	}
	for _, post := range office.DefaultPosts(nil) {
		want["post"] = append(want["post"], post.Post)
	}
	want["alarm"] = append(want["alarm"],
		ledger.RefusedFork, ledger.RefusedCheckpoint, ledger.RefusedProof, ledger.RefusedLeaf, ledger.RefusedSeenBack,
		ledger.RefusedUnwritten, ledger.RefusedAhead, ledger.RefusedCosigner, ledger.RefusedUnknown, ledger.RefusedOwnFork, ledger.RefusedReturn,
		link.AlarmUnknownCaller, link.AlarmWrongKey, link.AlarmFlood, link.AlarmGrowth, link.AlarmBadMessage,
		link.AlarmPeerRefuses, link.AlarmPeerLost, link.AlarmRecordsDiffer, link.AlarmClock)
	if recordsDiffer != link.AlarmRecordsDiffer {
		t.Errorf("the strip looks for the alarm %q, the link raises %q", recordsDiffer, link.AlarmRecordsDiffer)
	}
	for table, codes := range want {
		for _, code := range codes {
			if _, ok := lang.Lookup(table + "." + code); !ok {
				t.Errorf("lang has no words for %s.%s", table, code)
			}
		}
	}
}

// indirect are the tables whose keys are put together from a code.
var indirect = []string{
	"side.", "post.", "kind.", "mode.", "alarm.", "void.", "refused.", "precedence.", "field.", "unit.", "failure.", "frame.", "record.",
	"problem.", "help.state-", "signin.", "token.", "trail.", "draft-state.", "draft-step.", "drafts.", "charter.", "dispatch.", "handling.", "mark.", "propose.unit-",
	"releasable.", "state.", "readback.", "may.", "role.", "particulars.subject-", "enclosure.finding.", "filetype.", "choice.",
	"fill.form-", "field-type.", "attempt.means-", "attempt.outcome-", "attempt.view-", "tender.state-", "tender.reason-", "form.asks-", "form.mode-", "form.silence-", "form.type-", "form.refused-", "form.before-", "stats.", "checks.heard.", "checks.result.", "checks.short.", "time.weekday", "roster.swap-", "coverage.kept", "coverage.missing", "coverage.off", "step.", "silence.cause-", "silence.why-", "silence.short-", "silence.awaits-", "notice.", "sender.", "told.state-", "told.act-", "told.why-",
}

func TestEveryKeyHasAPhraseAndEveryPhraseAUser(t *testing.T) {
	source := ""
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") {
			return err
		}
		text, err := os.ReadFile(path)
		source += string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range regexp.MustCompile(`(?:\{\{|\()[^{}]*?\b[th] "([^"]+)"|v\.[th]\("([^"]+)"|lang\.T\([^,]+, "([^"]+)"`).FindAllStringSubmatch(source, -1) {
		key := call[1] + call[2] + call[3]
		if _, ok := lang.Lookup(key); !ok && !strings.HasSuffix(key, ".") && !strings.HasSuffix(key, "-") {
			t.Errorf("the pages use %q, which has no phrase", key)
		}
	}
	for _, key := range lang.Keys() {
		used := strings.Contains(source, `"`+key+`"`)
		for _, prefix := range indirect {
			used = used || strings.HasPrefix(key, prefix)
		}
		if !used {
			t.Errorf("no page uses the phrase %q", key)
		}
	}
}
