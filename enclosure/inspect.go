package enclosure

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"io"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

	"liaison.example/legible"
)

// Finding is what was found in a file, by its bytes and its name. It is empty
// if there is nothing to say.
type Finding string

// The findings. All but Encrypted keep a file of our own from being enclosed;
// of a file of another side they are shown as a warning.
const (
	Empty     Finding = "empty"     // no bytes
	Page      Finding = "page"      // a web page, which could carry script
	Drawing   Finding = "drawing"   // an SVG drawing, which could carry script
	Script    Finding = "script"    // a script
	Program   Finding = "program"   // a program
	Bomb      Finding = "bomb"      // an archive that unpacks to far more than anybody can keep
	Damaged   Finding = "damaged"   // an archive that cannot be read
	Loaded    Finding = "loaded"    // an archive that holds a program or a script
	Layered   Finding = "layered"   // an archive that holds another, into which nobody has looked
	Macros    Finding = "macros"    // an office document with macros
	Encrypted Finding = "encrypted" // an archive that nobody can look into
)

// Refused reports whether a file of our own with this finding is not enclosed.
func (f Finding) Refused() bool { return f != "" && f != Encrypted }

// Refused says why a file of our own is not enclosed.
type Refused struct{ Code Finding }

func (e *Refused) Error() string { return "the file cannot be enclosed: " + string(e.Code) }

// The limits of archives.
const (
	maxListed  = 10_000   // members
	maxUnpack  = 1 << 30  // bytes that all members say they unpack to
	maxRatio   = 200      // bytes for each packed byte
	ratioAfter = 1 << 20  // bytes from which the ratio is looked at
	maxTried   = 64 << 20 // bytes that are unpacked, to see whether an archive says the truth, and thrown away
	sniffed    = 4 << 10  // bytes at the beginning that tell what a file is
)

// Inspect looks at what a file is, whatever its name and declared type say. It
// reads the beginning and, of an archive, its list of members, and unpacks a
// bounded part of it.
func Inspect(in io.ReaderAt, size int64, name string) Finding {
	if size == 0 {
		return Empty
	}
	head := make([]byte, min(size, sniffed))
	if _, err := in.ReadAt(head, 0); err != nil && err != io.EOF {
		return Damaged
	}
	if finding := inspectHead(head, name); finding != "" {
		return finding
	}
	switch {
	case isZip(head):
		return inspectZip(in, size)
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return inspectGzip(in, size)
	}
	return ""
}

// endings are the names of files that a computer would run or a browser would
// show with script in them.
var endings = map[string]Finding{
	".htm": Page, ".html": Page, ".xhtml": Page, ".xht": Page, ".shtml": Page, ".mht": Page, ".mhtml": Page, ".hta": Program,
	".svg": Drawing, ".svgz": Drawing,
	".js": Script, ".mjs": Script, ".vbs": Script, ".vbe": Script, ".jse": Script, ".wsf": Script, ".wsh": Script, ".ps1": Script,
	".bat": Script, ".cmd": Script, ".sh": Script, ".py": Script, ".pl": Script, ".rb": Script, ".php": Script,
	".exe": Program, ".dll": Program, ".com": Program, ".scr": Program, ".pif": Program, ".msi": Program, ".cpl": Program,
	".jar": Program, ".apk": Program, ".app": Program, ".deb": Program, ".rpm": Program, ".lnk": Program, ".reg": Program, ".chm": Program,
	".docm": Macros, ".xlsm": Macros, ".pptm": Macros, ".dotm": Macros, ".xltm": Macros, ".xlam": Macros, ".ppam": Macros, ".potm": Macros,
}

// magics are the first bytes of programs.
var magics = []string{"MZ", "\x7fELF", "\xca\xfe\xba\xbe", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", "\x00asm", "dex\n", "L\x00\x00\x00\x01\x14\x02\x00"}

// inspectHead looks at the name and the first bytes.
func inspectHead(head []byte, name string) Finding {
	if finding := endings[strings.ToLower(path.Ext(strings.TrimRight(name, " .")))]; finding != "" {
		return finding
	}
	text, isText := plain(head)
	if !isText {
		for _, magic := range magics {
			if bytes.HasPrefix(head, []byte(magic)) {
				return Program
			}
		}
		return ""
	}
	if bytes.HasPrefix(text, []byte("#!")) {
		return Script
	}
	if !bytes.HasPrefix(text, []byte("<")) {
		return ""
	}
	lower := bytes.ToLower(text)
	for _, mark := range []string{"<html", "<!doctype html", "<script", "<body", "<iframe", "http://www.w3.org/1999/xhtml"} {
		if bytes.Contains(lower, []byte(mark)) {
			return Page
		}
	}
	switch {
	case bytes.Contains(lower, []byte("<svg")):
		return Drawing
	case strings.HasPrefix(http.DetectContentType(text), "text/html"):
		return Page
	}
	return ""
}

// plain is text without the marks and the padding by which its letters could be
// hidden: UTF-16 becomes bytes, NULs and the byte order mark go. It reports
// whether the bytes are text at all.
func plain(head []byte) ([]byte, bool) {
	wide := bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff"))
	text := bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if wide {
		text = bytes.ReplaceAll(text[2:], []byte{0}, nil)
	}
	control := 0
	for _, b := range text {
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' {
			control++
		}
	}
	return bytes.TrimLeft(text, " \t\r\n\f"), wide || control*50 <= len(text)
}

// isZip reports whether a file begins as a zip archive does, which documents of
// today's office programs are too.
func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// inspectZip looks at the list of an archive's members, and tries whether they
// unpack to what the list says.
func inspectZip(in io.ReaderAt, size int64) Finding {
	if !fewMembers(in, size) {
		return Bomb
	}
	archive, err := zip.NewReader(in, size)
	if err != nil {
		return Damaged
	}
	var unpacked, packed uint64
	var finding Finding
	for _, member := range archive.File {
		one, small := member.UncompressedSize64, member.CompressedSize64
		unpacked, packed = unpacked+min(one, maxUnpack+1), packed+min(small, maxUnpack+1)
		switch {
		case unpacked > maxUnpack, packed > uint64(size), one > ratioAfter && one/max(small, 1) > maxRatio:
			return Bomb
		case finding != "" && finding != Encrypted:
		case inspectMember(member) != "":
			finding = inspectMember(member)
		case member.Flags&1 != 0:
			finding = Encrypted
		}
	}
	room := int64(maxTried)
	for _, member := range archive.File {
		if member.Flags&1 == 0 && room > 0 && !truthful(member, &room) {
			return Bomb
		}
	}
	return finding
}

// fewMembers reads at the end of an archive how many members it claims, before
// anything is made of them.
func fewMembers(in io.ReaderAt, size int64) bool {
	const record, comment = 22, 1<<16 - 1 // bytes of the record there, and of what may follow it
	tail := make([]byte, min(size, record+comment))
	if _, err := in.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return true // zip.NewReader finds it damaged
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || len(tail)-at < record {
		return true
	}
	return binary.LittleEndian.Uint16(tail[at+10:]) <= maxListed // 0xffff, "more than can be said here", is too many
}

// truthful reports whether a member unpacks to no more than it says, as far as
// there is room to try.
func truthful(member *zip.File, room *int64) bool {
	from, err := member.DataOffset()
	if err != nil {
		return true
	}
	raw, err := member.OpenRaw()
	if err != nil || member.Method != zip.Deflate || from < 0 {
		return true
	}
	most := min(int64(member.UncompressedSize64)+1, *room)
	n, _ := io.Copy(io.Discard, io.LimitReader(flate.NewReader(raw), most))
	*room -= n
	return n <= int64(member.UncompressedSize64)
}

// inspectMember looks at the name of one member.
func inspectMember(member *zip.File) Finding {
	name := strings.ToLower(member.Name)
	ending := path.Ext(strings.TrimRight(name, " ."))
	if path.Base(name) == "vbaproject.bin" {
		return Macros
	}
	if finding := endings[ending]; finding == Program || finding == Script || finding == Macros {
		return Loaded
	}
	switch ending {
	case ".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar", ".tgz", ".zst", ".lz", ".cab", ".iso", ".img":
		return Layered
	}
	return ""
}

// inspectGzip unpacks the beginning of a packed file, to see whether it swells.
func inspectGzip(in io.ReaderAt, size int64) Finding {
	counted := &counter{r: io.NewSectionReader(in, 0, size)}
	packed, err := gzip.NewReader(counted)
	if err != nil {
		return Damaged
	}
	n, _ := io.Copy(io.Discard, io.LimitReader(packed, maxTried))
	if n > ratioAfter && n/max(counted.n, 1) > maxRatio {
		return Bomb
	}
	return ""
}

// counter counts the bytes that are read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// GoodName reports whether a name can be shown without misleading: one line,
// without marks that turn or hide what is read or letters that look like others.
func GoodName(name string) bool {
	if name == "" || len(name) > 1000 || strings.ContainsAny(name, `/\`) || strings.TrimSpace(name) != name || name == "." || name == ".." {
		return false
	}
	return !strings.ContainsFunc(name, legible.Hidden) && legible.Alike(name) == ""
}

// Legible is a name as a sentence about it can show it: at most 100 characters,
// with a mark in the place of each that would mislead.
func Legible(name string) string {
	const most = 100
	legible := []rune(strings.Map(func(r rune) rune {
		if legible.Hidden(r) {
			return utf8.RuneError
		}
		return r
	}, name))
	return string(legible[:min(len(legible), most)])
}
