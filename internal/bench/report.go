package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// Rule says how a figure is held against its target.
type Rule string

// The rules.
const (
	RatioAtMost  Rule = "ratio at most"  // Liaison divided by floor
	RatioAtLeast Rule = "ratio at least" // Liaison divided by floor
	AtMost       Rule = "at most"        // Liaison's own value; there is no floor
	NoTarget     Rule = ""               // shown for orientation
)

// Figure is one line of the table.
type Figure struct {
	Row     string  `json:"row"`  // the row's name, as in Rows
	Name    string  `json:"name"` // what was measured
	Unit    string  `json:"unit"` // of floor and liaison: "ms", "/s", "s", "MiB", "µs"
	Floor   float64 `json:"floor,omitempty"`
	Against string  `json:"against,omitempty"` // what stands in Floor; empty for the floor
	Liaison float64 `json:"liaison"`
	Ratio   float64 `json:"ratio,omitempty"` // the median over the rounds of Liaison to floor
	Target  float64 `json:"target,omitempty"`
	Rule    Rule    `json:"rule,omitempty"`
	Rounds  int     `json:"rounds"`
	Note    string  `json:"note,omitempty"`
}

// Met reports whether the figure reaches its target.
func (f Figure) Met() bool {
	switch f.Rule {
	case RatioAtMost:
		return f.Ratio > 0 && f.Ratio <= f.Target
	case RatioAtLeast:
		return f.Ratio >= f.Target
	case AtMost:
		return f.Liaison <= f.Target
	}
	return true
}

// Report is what a run measured.
type Report struct {
	System  string
	Cores   int
	Quick   bool
	Figures []Figure
}

// Met reports whether every figure reaches its target.
func (r *Report) Met() bool {
	for _, f := range r.Figures {
		if !f.Met() {
			return false
		}
	}
	return true
}

// figure returns the figure of this row and name.
func (r *Report) figure(row, name string) Figure {
	for _, f := range r.Figures {
		if f.Row == row && f.Name == name {
			return f
		}
	}
	return Figure{}
}

// MarshalJSON writes the report with the journey of a receipt first, then a
// list of all figures.
func (r *Report) MarshalJSON() ([]byte, error) {
	type journey struct {
		P50    float64 `json:"p50_ms"`
		P99    float64 `json:"p99_ms"`
		Rate64 float64 `json:"rate64"`
	}
	type ratio struct {
		P50    float64 `json:"p50"`
		P99    float64 `json:"p99"`
		Rate64 float64 `json:"rate64"`
	}
	type line struct {
		Figure
		Met bool `json:"met"`
	}
	p50, p99, rate := r.figure("receipt", receiptP50), r.figure("receipt", receiptP99), r.figure("rate", receiptRate)
	lines := []line{}
	for _, f := range r.Figures {
		f.Floor, f.Liaison, f.Ratio = tidy(f.Floor), tidy(f.Liaison), tidy(f.Ratio)
		lines = append(lines, line{f, f.Met()})
	}
	return json.Marshal(struct {
		Floor   journey `json:"floor"`
		Receipt journey `json:"receipt"`
		Ratio   ratio   `json:"ratio"`
		System  string  `json:"system"`
		Cores   int     `json:"cores"`
		Quick   bool    `json:"quick"`
		Met     bool    `json:"met"`
		Figures []line  `json:"figures"`
	}{
		journey{tidy(p50.Floor), tidy(p99.Floor), tidy(rate.Floor)},
		journey{tidy(p50.Liaison), tidy(p99.Liaison), tidy(rate.Liaison)},
		ratio{tidy(p50.Ratio), tidy(p99.Ratio), tidy(rate.Ratio)},
		r.System, r.Cores, r.Quick, r.Met(), lines,
	})
}

// tidy rounds to four significant digits.
func tidy(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// WriteTable writes the report for a person to read.
func (r *Report) WriteTable(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %d cores", r.System, r.Cores)
	if r.Quick {
		text.WriteString(", quick: small counts, for a first look only")
	}
	text.WriteString("\n\n")
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "row\tfigure\tfloor\tLiaison\tratio\ttarget\t")
	for _, f := range r.Figures {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Row, f.Name, amount(f.Floor, f.Unit), amount(f.Liaison, f.Unit),
			ratioText(f.Ratio), f.target(), f.mark())
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	for _, f := range r.Figures {
		if f.Note != "" {
			fmt.Fprintf(&text, "%s, %s: %s\n", f.Row, f.Name, f.Note)
		}
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

func (f Figure) target() string {
	against := f.Against
	if against == "" {
		against = "floor"
	}
	switch f.Rule {
	case RatioAtMost:
		return fmt.Sprintf("≤ %.2g × %s", f.Target, against)
	case RatioAtLeast:
		return fmt.Sprintf("≥ %.2g × %s", f.Target, against)
	case AtMost:
		return "≤ " + amount(f.Target, f.Unit)
	}
	return ""
}

func (f Figure) mark() string {
	switch {
	case f.Rule == NoTarget:
		return ""
	case f.Met():
		return "met"
	}
	return "MISSED"
}

func amount(v float64, unit string) string {
	switch {
	case v == 0:
		return "-"
	case v >= 100:
		return fmt.Sprintf("%.0f %s", v, unit)
	case v >= 10:
		return fmt.Sprintf("%.1f %s", v, unit)
	}
	return fmt.Sprintf("%.3g %s", v, unit)
}

func ratioText(v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", v)
}
