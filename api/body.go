package api

import (
	"encoding"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	strictjson "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"
)

// read reads the JSON body of a request. Members that are not known are
// refused, so that a misspelt one is not silently without effect; and so are
// bytes that are not UTF-8, and halves of surrogate pairs, so that no text is
// changed silently. Texts are composed (NFC), as entries hold them: a Hangul
// syllable can also come as separate letters that look the same.
func read(r *http.Request, into any) error {
	d := jsontext.NewDecoder(r.Body)
	if d.PeekKind() == 'n' { // null would be taken for an object without members
		return problem(CodeBadRequest, "body-whole")
	}
	if err := strictjson.UnmarshalDecode(d, into, strictjson.RejectUnknownMembers(true), strictjson.WithUnmarshalers(composed)); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		return unread(err)
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return problem(CodeBadRequest, "body-more")
	}
	return nil
}

var composed = strictjson.UnmarshalFromFunc(func(d *jsontext.Decoder, text *string) error {
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	switch kind := token.Kind(); kind {
	case '"':
		*text = norm.NFC.String(token.String())
	case 'n':
		*text = ""
	default:
		return fmt.Errorf("a text is needed, not %v", kind)
	}
	return nil
})

// unread says why a body cannot be read, in the words of JSON and not in those of
// this program. A member is named by its JSON Pointer (RFC 6901), without the first
// slash: "to", "enclosures/0/name".
func unread(err error) *Problem {
	var misplaced *strictjson.SemanticError
	var broken *jsontext.SyntacticError
	switch {
	case err == io.EOF: // and not one that wraps it
		return problem(CodeBadRequest, "body-empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return problem(CodeBadRequest, "body-cut")
	case errors.As(err, &misplaced):
		member := memberName(misplaced.JSONPointer)
		switch {
		case misplaced.Err == strictjson.ErrUnknownName:
			return problem(CodeBadRequest, "body-unknown", "member", member)
		case member == "":
			return problem(CodeBadRequest, "body-whole")
		}
		return problem(CodeBadRequest, "body-"+wanted(misplaced.GoType), "member", member)
	case errors.As(err, &broken) && errors.Is(broken.Err, jsontext.ErrDuplicateName):
		return problem(CodeBadRequest, "body-twice", "member", memberName(broken.JSONPointer))
	case errors.As(err, &broken):
		return problem(CodeBadRequest, "body-broken", "byte", strconv.FormatInt(broken.ByteOffset+1, 10))
	}
	return problem(CodeBadRequest, "body")
}

func memberName(p jsontext.Pointer) string {
	return clip(strings.TrimPrefix(string(p), "/"))
}

// wanted is the end of the phrase that says what a member must be.
func wanted(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return "form"
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "moment"
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return "form"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "truth"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "number"
	case reflect.Slice, reflect.Array:
		return "list"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	return "form"
}
