package office

import (
	"strings"
	"testing"
)

func TestASheetCodeIsReadAsItIsScannedOrTyped(t *testing.T) {
	code := SheetCode{"kaesong.example", EntryID{"south", 17}, [32]byte{0xab, 0xcd, 31: 0x09}}
	text := code.String()
	if want := "LIAISON 1 kaesong.example south/17 abcd" + strings.Repeat("00", 29) + "09"; text != want {
		t.Fatalf("got %s, want %s", text, want)
	}
	hash := text[strings.LastIndex(text, " ")+1:]
	for _, good := range []string{
		text, strings.ToUpper(text), " " + text + "\r\n", strings.ReplaceAll(text, " ", "\n"),
		strings.Replace(text, hash, hash[:4]+" "+hash[4:8]+"\t"+hash[8:], 1),
	} {
		if got, ok := ParseSheetCode(good); !ok || got != code || !IsSheetCode(good) {
			t.Errorf("%q was read as %v, %v", good, got, ok)
		}
	}
	for _, bad := range []string{
		"", "LIAISON 1", strings.Replace(text, "1", "2", 1), text + "0", text[:len(text)-1], strings.Replace(text, "/17", "/x", 1),
		strings.Replace(text, "kaesong", "-", 1), text + strings.Repeat(" ", 1000),
	} {
		if got, ok := ParseSheetCode(bad); ok {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}
