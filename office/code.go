package office

import (
	"maps"
	"slices"
	"strings"
)

// Short codes: the worst cases, said with a number and a few words, in a text that
// the sides have agreed on beforehand in each language. A short code is a form that
// says, in Says, what a dispatch with it means:
//
//	{"en": "Our vessel {name} is in distress at {place}."}
//
// {name} stands for the value of the field with the id name. A dispatch cites the
// form by its hash, so that what it said stays what it was.

// codePrefix begins the code of a short code, before two digits: "sc03".
const codePrefix = "sc"

// CodeOfNumber gives the code of the form with a number, from 1 to 99; "" for another.
func CodeOfNumber(number int) string {
	if number < 1 || number > 99 {
		return ""
	}
	return codePrefix + string([]byte{'0' + byte(number/10), '0' + byte(number%10)})
}

// ShortCode gives the number of a form that is a short code, as it is written: "03".
func (f *Form) ShortCode() (number string, is bool) {
	if f == nil || len(f.Says) == 0 {
		return "", false
	}
	return strings.TrimPrefix(f.Code, codePrefix), true
}

// says checks what makes a form a short code: its number, one line in each
// language of its name, and each field in each of these lines.
func (c *checker) says(field string, f *Form) {
	if number := strings.TrimPrefix(f.Code, codePrefix); len(f.Code) != len("sc03") || len(number) != 2 || !all(number, digit) || number == "00" {
		c.fail(BadValue, "field", field+".code", "value", clip(f.Code))
	}
	if f.Mode == ModeTendered {
		c.fail(BadValue, "field", field+".mode", "value", string(f.Mode))
	}
	field += ".says"
	c.words(field, f.Says, MaxPurpose)
	for _, tag := range sortedKeys(f.Name) {
		if _, has := f.Says[tag]; !has {
			c.fail(Missing, "field", field+"."+clip(tag))
		}
	}
	for _, tag := range sortedKeys(f.Says) {
		named := map[string]bool{}
		rest, whole := f.Says[tag], true
		for whole && rest != "" {
			before, id, after, found := slot(rest)
			if whole = !strings.ContainsAny(before, "{}") && (!found || f.Field(id) != nil); whole {
				named[id], rest = found, after
			}
		}
		delete(named, "")
		if !whole || len(named) != len(f.Fields) {
			c.fail(BadValue, "field", field+"."+clip(tag), "value", clip(f.Says[tag]))
		}
	}
	for i := range f.Fields {
		if !f.Fields[i].Required || f.Fields[i].Type == FieldText {
			c.fail(BadValue, "field", "form.fields", "value", clip(f.Fields[i].ID))
		}
	}
}

// slot finds the first place in a text where a value goes.
func slot(text string) (before, id, after string, found bool) {
	before, rest, open := strings.Cut(text, "{")
	id, after, found = strings.Cut(rest, "}")
	if !open || !found {
		return text, "", "", false
	}
	return before, id, after, true
}

// Say gives what a short code says with values, in each of its languages. A value
// that is missing stands there by the name of its field, in brackets. It is nil if
// the form is no short code.
func (f *Form) Say(values map[string]string) Words {
	if _, is := f.ShortCode(); !is {
		return nil
	}
	said := Words{}
	for tag, rest := range f.Says {
		text := strings.Builder{}
		for found := true; found; {
			var before, id string
			before, id, rest, found = slot(rest)
			text.WriteString(before)
			if found {
				text.WriteString(f.Field(id).inWords(tag, values[id]))
			}
		}
		said[tag] = text.String()
	}
	return said
}

// inWords writes a value as a line of a language has it.
func (f *FormField) inWords(tag, value string) string {
	switch {
	case f == nil:
		return "[]"
	case value == "":
		return "[" + inLanguage(tag, f.Name, f.ID) + "]"
	case f.Type == FieldMinute:
		if _, ok := Minute(value).Millis(); ok {
			return value[:len("2018-09-14")] + " " + value[len("2018-09-14T"):len("2018-09-14T09:00")] + " UTC"
		}
	case f.Type == FieldChoice:
		if c := f.Choice(value); c != nil {
			return inLanguage(tag, c.Name, c.ID)
		}
	}
	return value
}

// inLanguage gives a phrase in a language, or in the first that it has.
func inLanguage(tag string, words Words, none string) string {
	if text, has := words[tag]; has {
		return text
	}
	for _, first := range slices.Sorted(maps.Keys(words)) {
		return words[first]
	}
	return none
}
