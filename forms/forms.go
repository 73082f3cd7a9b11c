// Package forms holds the forms that Liaison brings along, for sides to propose
// to each other: what an office that begins need not think up. None of them is
// in force by itself. A side proposes one as it is, or changed; once all sides
// have agreed to it, its bytes stand in their ledgers, and what this package
// holds is of no account to it any more.
//
// Each form is a file in data, named after its code. Corrections,
// cancellations and the like are no forms: they are what a dispatch does to one
// before it (office.Relation). Nor is a note of exchange one: the sides change their
// charter by proposal and consent.
package forms

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
)

//go:embed data/*.json
var data embed.FS

// codes are the codes of all forms, in the order in which they are offered.
var codes = slices.Concat(
	strings.Fields("ds fl ep rt"),                                       // distress: lives and goods
	strings.Fields("in an ef cf ss"),                                    // notices
	strings.Fields("ve cq cr rs"),                                       // requests, and what answers one
	strings.Fields("lc ob cb dr pc mt"),                                 // the house, day by day
	strings.Fields("am nv ad np pr pd sx tp gw"),                        // papers, and others
	strings.Fields("fd fr vr gt gz"),                                    // what was promised, and what words mean
	strings.Fields("sc01 sc02 sc03 sc04 sc05 sc06 sc07 sc08 sc09 sc10"), // short codes
)

// Catalog gives all forms, those for distress first. They are parsed once and
// shared: who wants one changed changes a copy.
func Catalog() []*office.Form {
	catalog, _ := read() // a test shows that all can be read
	return slices.Clone(catalog)
}

// read reads the forms in the order of codes; those that it cannot read are left
// out and named in the error.
var read = sync.OnceValues(func() (catalog []*office.Form, errs error) {
	for _, code := range codes {
		form := &office.Form{}
		text, err := data.ReadFile("data/" + code + ".json")
		if err == nil {
			err = json.Unmarshal(text, form, json.RejectUnknownMembers(true))
		}
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("read form %s: %w", code, err))
			continue
		}
		catalog = append(catalog, form)
	}
	return catalog, errs
})
