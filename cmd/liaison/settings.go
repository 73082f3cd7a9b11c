package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/BurntSushi/toml"

	"liaison.example/ledger"
	"liaison.example/web"
)

// settings are what stands in liaison.toml.
type settings struct {
	Office    string   `toml:"office"`
	Side      string   `toml:"side"`
	Name      string   `toml:"name"`
	Zone      string   `toml:"zone"`
	Languages []string `toml:"languages"`
	Sides     int      `toml:"sides"`

	Web            string `toml:"web"`
	WebURL         string `toml:"web_url"`
	WebCertificate string `toml:"web_certificate"`
	WebKey         string `toml:"web_key"`
	WebACME        string `toml:"web_acme"`

	SecondFactor   string   `toml:"second_factor"`
	TrustedProxies []string `toml:"trusted_proxies"`
	ProxyHeader    string   `toml:"proxy_header"`

	Link        string            `toml:"link"`
	LinkAddress string            `toml:"link_address"`
	Dial        map[string]string `toml:"dial"`

	Tiles   string `toml:"tiles"`
	Metrics string `toml:"metrics"`

	Database string `toml:"database"`
	Schema   string `toml:"schema"`

	LogLevel  string `toml:"log_level"`
	LogFormat string `toml:"log_format"`
	Demo      bool   `toml:"demo"`
}

// defaults are the settings of a node about which nothing is said.
func defaults() settings {
	return settings{
		Zone: "UTC", Languages: []string{"en"}, Sides: 2,
		Web: "127.0.0.1:8410", Link: "127.0.0.1:8411",
		TrustedProxies: []string{}, ProxyHeader: web.ForwardedFor,
		SecondFactor: "required", Schema: "liaison", LogLevel: "info", LogFormat: "text",
		Dial: map[string]string{},
	}
}

// setting is one line of the table below.
type setting struct {
	key     string
	meaning string // lines of a comment
	value   func(*settings) any
}

// settingTable lists every setting, in the order of the file.
var settingTable = []setting{
	{"office", "The name of the office, in the form of a domain name. It is the same on all sides,\nstands in every signature, and can never be changed.", func(s *settings) any { return s.Office }},
	{"side", "The id of this side: lower case letters, digits and hyphens. It can never be changed.", func(s *settings) any { return s.Side }},
	{"name", "The name of this side as people read it. It stands in the credence.", func(s *settings) any { return s.Name }},
	{"zone", "The time zone of this side, an IANA name such as \"Asia/Seoul\". It stands in the credence. Default: \"UTC\".", func(s *settings) any { return s.Zone }},
	{"languages", "The languages of this side, the preferred one first: \"ko\", \"en\". They stand in the credence.\nDefault: [\"en\"].", func(s *settings) any { return s.Languages }},
	{"sides", "How many sides found the office. It opens when this many have admitted each other. Default: 2.", func(s *settings) any { return s.Sides }},
	{"web", "Where the pages for people listen: host:port. Default: \"127.0.0.1:8410\".", func(s *settings) any { return s.Web }},
	{"web_url", "How browsers reach the pages, where that is not simply http:// (or https://) and the address above:\nfor example behind a proxy. Sign-in links begin with it. Default: \"\".", func(s *settings) any { return s.WebURL }},
	{"web_certificate", "Files with a TLS certificate chain and its key (PEM), with which the pages are served by https.\nWithout them they are served by plain http, which is right only on this machine or behind a proxy.\nDefault: \"\".", func(s *settings) any { return s.WebCertificate }},
	{"web_key", "", func(s *settings) any { return s.WebKey }},
	{"web_acme", "The directory of an authority that gives certificates by ACME (RFC 8555), such as\n\"https://acme-v02.api.letsencrypt.org/directory\", instead of the two files above: who sets it accepts its terms.\nweb_url must then begin with https and a name, whose port 443 leads to the pages. Default: \"\".", func(s *settings) any { return s.WebACME }},
	{"second_factor", "Whether who signs in by a password must have codes from a device, or a passkey, as well: \"required\" or \"optional\".\nWhere it is required and somebody has neither, they see their own account only until they have set one up.\nOne-time links and passkeys need nothing beside them. Default: \"required\".", func(s *settings) any { return s.SecondFactor }},
	{"trusted_proxies", "Addresses, or networks such as \"10.1.0.0/16\", of proxies before the pages. What they say of where a browser\nis counts for the trail and for slowing who guesses; the same from anybody else does not. Default: [].", func(s *settings) any { return s.TrustedProxies }},
	{"proxy_header", "In which header they say it: \"X-Forwarded-For\" or \"Forwarded\". They must write it themselves, or add to it.\nDefault: \"X-Forwarded-For\".", func(s *settings) any { return s.ProxyHeader }},
	{"link", "Where the link to the other sides listens: host:port. Default: \"127.0.0.1:8411\".", func(s *settings) any { return s.Link }},
	{"link_address", "How the other sides reach the link: host:port. It stands in the credence and then in the charter.\nDefault: \"\", which means the address above.", func(s *settings) any { return s.LinkAddress }},
	{"tiles", "Where the ledgers are served, read-only, to auditors and public tools (c2sp.org/tlog-tiles): host:port.\nEverything said in the office can be read there. Default: \"\", which means nowhere.", func(s *settings) any { return s.Tiles }},
	{"metrics", "Where measures for Prometheus are served, at /metrics and without a sign-in: host:port. They tell how much\nis said and whether the lines are up, and nothing of what is said. Default: \"\", which means nowhere.", func(s *settings) any { return s.Metrics }},
	{"database", "Where the record is kept. \"\" (the default) means SQLite files in this folder. A PostgreSQL address,\nsuch as \"postgres://user@host/name\", lets several processes serve this side from one database.", func(s *settings) any { return s.Database }},
	{"schema", "With PostgreSQL: the first part of the names of the three schemas (\"liaison_ledger\" and so on).\nDefault: \"liaison\".", func(s *settings) any { return s.Schema }},
	{"log_level", "How much is logged on stderr: \"debug\", \"info\", \"warn\" or \"error\". Default: \"info\".", func(s *settings) any { return s.LogLevel }},
	{"log_format", "The form of the log: \"text\" or \"json\". Default: \"text\".", func(s *settings) any { return s.LogFormat }},
	{"demo", "Whether this node is a demonstration: its pages say so and can cut the line. Default: false.", func(s *settings) any { return s.Demo }},
	{"dial", "Link addresses of other sides that differ from those in the charter, such as north = \"10.0.0.2:8411\".\nDefault: none.", func(s *settings) any { return s.Dial }},
}

const settingsHead = `# Liaison: the settings of one node. Every setting stands here with its meaning and its default.
# A setting that is not known is refused at start. Changes take effect when the node is started again.
`

// text writes the settings as they stand in liaison.toml.
func (s *settings) text() (string, error) {
	var b strings.Builder
	b.WriteString(settingsHead)
	for _, row := range settingTable {
		if row.meaning != "" {
			b.WriteString("\n# " + strings.ReplaceAll(row.meaning, "\n", "\n# ") + "\n")
		}
		var line bytes.Buffer
		e := toml.NewEncoder(&line)
		e.Indent = ""
		if row.key == "dial" {
			b.WriteString("[dial]\n")
			if err := e.Encode(s.Dial); err != nil {
				return "", fmt.Errorf("write setting dial: %w", err)
			}
		} else if err := e.Encode(map[string]any{row.key: row.value(s)}); err != nil {
			return "", fmt.Errorf("write setting %s: %w", row.key, err)
		}
		b.Write(line.Bytes())
	}
	return b.String(), nil
}

// maxSettings bounds liaison.toml, in bytes.
const maxSettings = 1 << 20

// readSettings reads and checks liaison.toml.
func readSettings(path string) (*settings, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("there is no %s: this is not the data folder of a node (\"liaison init\" makes one)", path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	if len(text) > maxSettings {
		return nil, usagef("%s has %d bytes; at most %d are allowed", path, len(text), maxSettings)
	}
	s := defaults()
	if err := s.decode(string(text)); err != nil {
		return nil, usagef("%s: %v", path, err)
	}
	if err := s.check(); err != nil {
		return nil, usagef("%s: %v", path, err)
	}
	return &s, nil
}

// decode takes over what stands in a text of liaison.toml. If it cannot, it says what
// is wrong, in one sentence.
func (s *settings) decode(text string) error {
	var said map[string]any
	_, err := toml.Decode(text, &said)
	if wrong, ok := errors.AsType[toml.ParseError](err); ok {
		return fmt.Errorf("line %d cannot be read: %s", wrong.Position.Line, wrong.Message)
	}
	if err != nil {
		return err
	}
	for _, row := range settingTable {
		if value, there := said[row.key]; there {
			if want := unlike(value, row.value(s)); want != "" {
				return fmt.Errorf("the setting %q must be %s", row.key, want)
			}
		}
	}
	meta, err := toml.Decode(text, s)
	if err != nil {
		return err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("the setting %q is not known", unknown[0].String())
	}
	return nil
}

// unlike says what a value of TOML would have to be to take the place of another; ""
// if it is that.
func unlike(value, other any) (want string) {
	ok := false
	switch other.(type) {
	case string:
		want = `a text in quotes, such as "text"`
		_, ok = value.(string)
	case bool:
		want = "true or false"
		_, ok = value.(bool)
	case int:
		want = "a whole number, without quotes"
		_, ok = value.(int64)
	case []string:
		want = `a list of texts in quotes, such as ["one", "two"]`
		var list []any
		list, ok = value.([]any)
		ok = ok && !slices.ContainsFunc(list, func(one any) bool { return unlike(one, "") != "" })
	case map[string]string:
		want = `lines of a name and a text in quotes, such as north = "10.0.0.2:8411"`
		var table map[string]any
		table, ok = value.(map[string]any)
		for _, one := range table {
			ok = ok && unlike(one, "") == ""
		}
	}
	if ok {
		return ""
	}
	return want
}

// check says what is wrong with the settings, in one sentence.
func (s *settings) check() error {
	if !ledger.ValidOffice(s.Office) {
		return fmt.Errorf("%q cannot be the name of an office: use the form of a domain name in lower case, such as kaesong.example", s.Office)
	}
	if !ledger.ValidName(s.Side) {
		return fmt.Errorf("%q cannot be the id of a side: use a lower case letter, then at most 30 lower case letters, digits or hyphens", s.Side)
	}
	if s.Name == "" || len(s.Name) > 100 {
		return errors.New("the name of the side must have 1 to 100 bytes")
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || s.Zone == "Local" {
		return fmt.Errorf("%q is not a time zone: use a name such as Asia/Seoul", s.Zone)
	}
	if len(s.Languages) == 0 || len(s.Languages) > 8 {
		return errors.New("name 1 to 8 languages")
	}
	if s.Sides < 2 || s.Sides > 16 {
		return fmt.Errorf("an office has 2 to 16 sides, not %d", s.Sides)
	}
	addresses := []struct {
		key, value string
		optional   bool
	}{{"web", s.Web, false}, {"link", s.Link, false}, {"link_address", s.LinkAddress, true}, {"tiles", s.Tiles, true}, {"metrics", s.Metrics, true}}
	for side, address := range s.Dial {
		addresses = append(addresses, struct {
			key, value string
			optional   bool
		}{"dial." + side, address, false})
	}
	for _, a := range addresses {
		if a.optional && a.value == "" {
			continue
		}
		if err := checkAddress(a.value); err != nil {
			return fmt.Errorf("%s: %w", a.key, err)
		}
	}
	if s.WebURL != "" {
		if u, err := url.Parse(s.WebURL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("web_url: %q is not an address such as https://office.example", s.WebURL)
		}
	}
	if (s.WebCertificate == "") != (s.WebKey == "") {
		return errors.New("web_certificate and web_key go together")
	}
	if err := s.checkACME(); err != nil {
		return err
	}
	if _, err := s.proxies(); err != nil {
		return err
	}
	if s.ProxyHeader != web.ForwardedFor && s.ProxyHeader != web.Forwarded {
		return fmt.Errorf("proxy_header: %q is neither \"X-Forwarded-For\" nor \"Forwarded\"", s.ProxyHeader)
	}
	if s.Database != "" && !isPostgres(s.Database) {
		return fmt.Errorf("database: %q is not a PostgreSQL address such as postgres://user@host/name", s.Database)
	}
	if !ledger.ValidName(strings.ReplaceAll(s.Schema, "_", "-")) {
		return fmt.Errorf("schema: %q cannot be the name of a schema", s.Schema)
	}
	if _, err := s.level(); err != nil {
		return err
	}
	if !slices.Contains([]string{"required", "optional"}, s.SecondFactor) {
		return fmt.Errorf("second_factor: %q is neither \"required\" nor \"optional\"", s.SecondFactor)
	}
	if !slices.Contains([]string{"text", "json"}, s.LogFormat) {
		return fmt.Errorf("log_format: %q is neither \"text\" nor \"json\"", s.LogFormat)
	}
	return nil
}

// maxProxies bounds trusted_proxies.
const maxProxies = 64

// proxies reads trusted_proxies.
func (s *settings) proxies() (list []netip.Prefix, err error) {
	if len(s.TrustedProxies) > maxProxies {
		return nil, fmt.Errorf("trusted_proxies: at most %d are allowed", maxProxies)
	}
	for _, text := range s.TrustedProxies {
		p, err := netip.ParsePrefix(text)
		if a, e := netip.ParseAddr(text); e == nil && a.Zone() == "" {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		switch {
		case err != nil || p.Addr().Is4In6():
			return nil, fmt.Errorf("trusted_proxies: %q is neither an address nor a network such as 10.1.0.0/16", text)
		case p.Bits() == 0:
			return nil, fmt.Errorf("trusted_proxies: %q is everybody", text)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	_, tooLarge := strconv.ParseUint(port, 10, 16)
	named := strings.Trim(port, "0123456789") != "" // such as https
	if err != nil || port == "" || !named && tooLarge != nil || strings.ContainsFunc(address, unicode.IsSpace) {
		return fmt.Errorf("%q is not an address in the form host:port", address)
	}
	return nil
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

func (s *settings) level() (l slog.Level, err error) {
	if err := l.UnmarshalText([]byte(s.LogLevel)); err != nil {
		return 0, fmt.Errorf("log_level: %q is not one of debug, info, warn, error", s.LogLevel)
	}
	return l, nil
}

// publicLink is the address of the link that stands in the credence.
func (s *settings) publicLink() string {
	if s.LinkAddress != "" {
		return s.LinkAddress
	}
	return s.Link
}

// publicWeb is the address with which sign-in links begin.
func (s *settings) publicWeb() string {
	if s.WebURL != "" {
		return strings.TrimSuffix(s.WebURL, "/")
	}
	host, port, err := net.SplitHostPort(s.Web)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	scheme := "http://"
	if s.WebCertificate != "" {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}

// secureWeb reports whether browsers reach the pages by https only.
func (s *settings) secureWeb() bool { return strings.HasPrefix(s.publicWeb(), "https://") }

// openWeb reports whether the pages can be reached from other machines without
// TLS: then whoever is between can read along and act for those who sign in.
func (s *settings) openWeb() bool {
	host, _, err := net.SplitHostPort(s.Web)
	ip := net.ParseIP(host)
	here := host == "localhost" || ip != nil && ip.IsLoopback()
	return err == nil && !here && !s.secureWeb()
}
