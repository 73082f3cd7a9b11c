package web

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"maps"
	"slices"
	"strings"

	"liaison.example/lang"
	"liaison.example/legible"
	"liaison.example/office"
)

// t returns a phrase in the reader's language, as plain text.
func (v *visit) t(key string, args ...any) string { return lang.T(v.tag, key, args...) }

// h returns a phrase in the reader's language, as HTML. Arguments of type
// template.HTML are put in as they are, all others are escaped.
func (v *visit) h(key string, args ...any) template.HTML { return sentence(v.tag, key, args...) }

func sentence(tag, key string, args ...any) template.HTML {
	safe := slices.Clone(args)
	for i := 1; i < len(safe); i += 2 {
		text := fmt.Sprint(safe[i])
		if markup, ok := safe[i].(template.HTML); ok {
			safe[i] = lang.Marked{Markup: string(markup), Text: textOf(string(markup))}
		} else {
			safe[i] = lang.Marked{Markup: html.EscapeString(text), Text: text}
		}
	}
	return template.HTML(lang.T(tag, key, safe...))
}

// textOf returns what a reader sees of simple markup.
func textOf(markup string) string {
	var out strings.Builder
	for markup != "" {
		before, rest, found := strings.Cut(markup, "<")
		out.WriteString(before)
		if !found {
			break
		}
		_, markup, _ = strings.Cut(rest, ">")
	}
	return html.UnescapeString(out.String())
}

// sideName returns a side's name. Where a side is simply called by a compass
// point, the reader's language says it.
func (v *visit) sideName(id office.Side) string {
	name := id
	if side, ok := v.charterSide(id); ok && side.Name != "" {
		name = side.Name
	}
	return v.nameOf(name)
}

func (v *visit) nameOf(name string) string {
	if phrase, ok := lang.Lookup("side." + strings.ToLower(name)); ok {
		return phrase.In(v.tag)
	}
	return v.named(name)
}

// named is a name that another side may have written, with a warning beside it if it
// can pass for another.
func (v *visit) named(name string) string {
	if legible.Name(name) == nil {
		return name
	}
	return v.t("name.misleads", "name", legible.Marked(name))
}

// namedAll is named for each of several names.
func (v *visit) namedAll(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = v.named(name)
	}
	return out
}

// sideNames returns several sides' names as one text.
func (v *visit) sideNames(ids []office.Side) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = v.sideName(id)
	}
	return strings.Join(names, v.t("common.list-comma"))
}

// postName returns the name of a side's post.
func (v *visit) postName(side office.Side, post office.Post) string {
	if row, ok := v.post(side, post); ok {
		return v.named(cmp.Or(lang.Pick(v.tag, row.Name), post))
	}
	if phrase, ok := lang.Lookup("post." + post); ok {
		return phrase.In(v.tag)
	}
	return post
}

// officer names a post with its side: "duty officer, South".
func (v *visit) officer(side office.Side, post office.Post) string {
	return v.t("common.officer", "post", v.postName(side, post), "side", v.sideName(side))
}

// channelName returns the name of a channel.
func (v *visit) channelName(id string) string {
	if channel, ok := v.channel(id); ok {
		return v.named(cmp.Or(lang.Pick(v.tag, channel.Name), id))
	}
	return id
}

func (v *visit) channel(id string) (office.Channel, bool) {
	if v.office.Charter != nil {
		for _, channel := range v.office.Charter.Channels {
			if channel.ID == id {
				return channel, true
			}
		}
	}
	return office.Channel{}, false
}

// kindName says in words what kind of entry it is; a kind that this program does
// not know is shown as it is.
func (v *visit) kindName(kind string) string {
	if phrase, ok := lang.Lookup("kind." + kind); ok {
		return phrase.In(v.tag)
	}
	return kind
}

// coded returns the sentence for a code in one of the tables of codes ("void",
// "refused", "mode", "alarm"), or one that names the code, when the program that
// wrote it knows more codes than this one. Details whose names are known are
// turned into words.
func (v *visit) coded(table, code string, detail map[string]string) string {
	key := table + "." + code
	if _, ok := lang.Lookup(key); !ok {
		return v.t(table+".other", "code", code)
	}
	var args []any
	for _, name := range slices.Sorted(maps.Keys(detail)) {
		args = append(args, name, v.detail(name, detail[name]))
	}
	return v.t(key, args...)
}

// detail puts one detail of a refusal into words.
func (v *visit) detail(name, value string) string {
	switch name {
	case "side", "cosigner", "ledger":
		if office.ValidName(value) {
			return v.sideName(value)
		}
	case "field":
		if phrase, ok := lang.Lookup("field." + value); ok {
			return phrase.In(v.tag)
		}
		if i := strings.LastIndex(value, "."); i > 0 { // in one language: "form.name.ko"
			if phrase, ok := lang.Lookup("field." + value[:i]); ok {
				return phrase.In(v.tag) + " (" + value[i+1:] + ")"
			}
		}
	case "kind":
		return v.kindName(value)
	case "limit", "size", "number":
		return grouped(value)
	}
	return value
}

// grouped writes digits in groups of three: "65 535".
func grouped(digits string) string {
	if len(digits) < 5 || strings.Trim(digits, "0123456789") != "" {
		return digits
	}
	const thinSpace = "\u202f"
	var out []byte
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out = append(out, thinSpace...)
		}
		out = append(out, digits[i])
	}
	return string(out)
}

// textLanguage guesses the language of a text from its letters, for line
// breaking and for screen readers.
func textLanguage(text string) string {
	hangul, other := 0, 0
	for _, r := range text {
		switch {
		case r >= '가' && r <= '힣':
			hangul++
		case r > ' ':
			other++
		}
	}
	if hangul*3 > other {
		return lang.Korean
	}
	return lang.English
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
