package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"liaison.example/lang"
)

func lookAtSettings(_ context.Context, p *patient) []finding {
	s := p.settings
	findings := []finding{}
	if host, _, err := net.SplitHostPort(s.publicLink()); err == nil {
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			findings = append(findings, bad("Set link_address to how they reach it, and give them a new credence.", "the other sides cannot reach the link at %s", s.publicLink()))
		}
	}
	for _, tag := range s.Languages {
		if !lang.Known(tag) {
			findings = append(findings, warning(`Check the spelling in "languages". The pages know `+strings.Join(lang.Tags, ", ")+".", "the language %q is not one of the pages", tag))
		}
	}
	if s.openWeb() {
		findings = append(findings, warning("Set web_certificate and web_key, or web_acme, or put a proxy with TLS in front and set web_url.", "the pages can be reached from other machines without TLS, at %s", s.Web))
	}
	if s.Demo {
		findings = append(findings, warning("Set demo = false, unless this is a demonstration.", "demo is set: the line can be cut from the pages"))
	}
	if len(findings) == 0 {
		return []finding{ok("side %s of %s, zone %s, languages %s, pages %s, link %s", s.Side, s.Office, s.Zone, strings.Join(s.Languages, " "), s.Web, s.Link)}
	}
	return findings
}

// lookAtRights looks who else may read or change what is in the folder.
func lookAtRights(_ context.Context, p *patient) []finding {
	if runtime.GOOS == "windows" {
		return []finding{ok("not looked at on this system")}
	}
	var findings []finding
	folder := -1 // to whom it belongs
	look := func(name string, secret bool) {
		path := p.file(name)
		info, err := os.Stat(path)
		if err != nil {
			return // what must be there is missed by other checks
		}
		mode, want := info.Mode().Perm(), fs.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		do := fmt.Sprintf("chmod %o %s", want, path)
		switch {
		case mode&0o022 != 0:
			findings = append(findings, bad(do, "others may change %s (mode %o)", path, mode))
		case mode&0o044 != 0 && secret:
			findings = append(findings, bad(do+". Others may have read the keys: if you do not know who is on this machine, take them as known to others.", "others may read %s (mode %o)", path, mode))
		case mode&0o055 != 0:
			findings = append(findings, warning(do, "others may look into %s (mode %o)", path, mode))
		case mode&want != want:
			findings = append(findings, bad(do, "its owner may not use %s (mode %o)", path, mode))
		}
		if owner, known := ownerOf(info); known {
			if name == "." {
				folder = owner
				findings = append(findings, standsBelow(path, owner)...)
			}
			findings = append(findings, belongs(path, owner, folder, os.Geteuid())...)
		}
	}
	look(".", false)
	for _, name := range []string{settingsFile, ledgerFile, localFile, recordsFile, admittedName, evidenceName} {
		look(name, false)
	}
	look(keysFolder, false)
	names, _ := filepath.Glob(p.file(filepath.Join(keysFolder, "*.key")))
	for _, name := range names {
		look(filepath.Join(keysFolder, filepath.Base(name)), true)
	}
	if len(findings) == 0 {
		return []finding{ok("only its owner may look into %s", p.path)}
	}
	return findings
}

func lookAtKeys(_ context.Context, p *patient) []finding {
	if p.noKeys != nil {
		return []finding{bad(`Bring the keys back from a backup, or from the recovery key with "liaison init --recover" in a new folder.`, "%v", p.noKeys)}
	}
	if _, _, err := p.credence(p.keys); err != nil {
		return []finding{bad("Mend the name, the zone, the languages or the address in liaison.toml.", "%v", err)}
	}
	return []finding{ok("all three are here")}
}

func lookAtSides(_ context.Context, p *patient) []finding {
	admitted, err := p.admitted()
	if err != nil {
		return []finding{bad(`Remove the file from "admitted", and admit the side again by its credence.`, "%v", err)}
	}
	var sides []string
	for _, c := range admitted {
		sides = append(sides, c.Side)
	}
	for side := range p.settings.Dial {
		if !slices.Contains(sides, side) {
			return []finding{warning("Check the spelling below [dial].", "there is an address to dial for %s, which is not admitted", side)}
		}
	}
	if missing := p.settings.Sides - 1 - len(sides); missing > 0 {
		return []finding{warning(`Ask them for their credence, and "liaison admit" it.`, "%d of %d other sides are not admitted: the office cannot be founded", missing, p.settings.Sides-1)}
	}
	return []finding{ok("admitted: %s", strings.Join(sides, ", "))}
}

// How much must be free on the disk, in bytes. The least is what the three
// write-ahead logs may grow by; below the other there is time to act.
const (
	leastSpace = 256 << 20
	fairSpace  = 2 << 30
)

func lookAtSpace(_ context.Context, p *patient) []finding {
	free, err := freeSpace(p.path)
	const do = "Make room on this disk. When it is full the node only reads, until there is room again."
	switch {
	case err != nil:
		return []finding{warning("Look yourself, with df.", "how much is free cannot be seen: %v", err)}
	case free < leastSpace:
		return []finding{bad(do, "only %d MiB are free; the least is %d", free>>20, leastSpace>>20)}
	case free < fairSpace:
		return []finding{warning(do, "only %d MiB are free", free>>20)}
	}
	return []finding{ok("%.1f GiB are free", float64(free)/(1<<30))}
}

// slowWrite is the time for a small synced write beyond which every dispatch is
// felt to be slow.
const slowWrite = 200 * time.Millisecond

func lookAtWriting(_ context.Context, p *patient) []finding {
	took, err := writeAndSync(p.path)
	switch {
	case err != nil:
		return []finding{bad("Mend the disk, or make it writable for this user.", "a synced write fails: %v", err)}
	case took > slowWrite:
		return []finding{warning("See what else writes on this disk, and whether it is failing.", "a synced write took %d ms", took.Milliseconds())}
	}
	return []finding{ok("a synced write took %.1f ms", float64(took.Microseconds())/1000)}
}

// writeAndSync writes a small file into a folder, syncs it and removes it.
func writeAndSync(dir string) (took time.Duration, err error) {
	w, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(w.Name())
	defer w.Close()
	started := time.Now()
	if _, err := w.Write(make([]byte, 4096)); err != nil {
		return 0, err
	}
	err = w.Sync()
	return time.Since(started), err
}

// oldBackup is the age of a backup beyond which it should be made again.
const oldBackup = 8 * 24 * time.Hour

func lookAtBackup(_ context.Context, p *patient) []finding {
	const do = `Make one with "liaison backup", every day, and keep it elsewhere.`
	if p.backup == "" {
		return []finding{ok("when the last was made cannot be known from the folder; name it with --backup FILE")}
	}
	info, err := lookThrough(p.backup)
	switch {
	case err != nil:
		return []finding{bad(do, "%s: %v", p.backup, err)}
	case info.office != p.settings.Office || info.side != p.settings.Side:
		return []finding{bad(do, "%s is of %s in %s", p.backup, info.side, info.office)}
	}
	if age := time.Since(info.at); age > oldBackup {
		return []finding{warning(do, "%s is %d days old", p.backup, int(age.Hours()/24))}
	}
	return []finding{ok("%s was made at %s", p.backup, stamp(info.at))}
}

// lookThrough reads a backup to its end, and keeps nothing of it.
func lookThrough(path string) (backupInfo, error) {
	r, err := os.Open(path)
	if err != nil {
		return backupInfo{}, err
	}
	defer r.Close()
	return readBackup(r, func(_ string, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err })
}
