package web

import (
	"testing"

	"liaison.example/lang"
)

func TestEveryPageCanBeReadInEachLanguage(t *testing.T) {
	files, err := loadAssets()
	must(t, err)
	all := newPages(files)
	for _, tag := range lang.Tags {
		for _, name := range pageNames {
			if _, err := all[tag].byName[name](); err != nil {
				t.Errorf("%s in %s: %v", name, tag, err)
			}
		}
	}
}
