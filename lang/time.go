package lang

// Lengths of time. The patterns with s, m, h and d are also used by the script
// that lets ages count on, so they hold plain placeholders only.
var timeWords = map[string]Phrase{
	"time.seconds":      {En: "{s} s", Ko: "{s}초"},
	"time.minutes":      {En: "{m} min", Ko: "{m}분"},
	"time.hours":        {En: "{h} h {m} min", Ko: "{h}시간 {m}분"},
	"time.days":         {En: "{d} d {h} h", Ko: "{d}일 {h}시간"},
	"time.whole-hours":  {En: "{h} h", Ko: "{h}시간"},
	"time.milliseconds": {En: "{ms} ms", Ko: "{ms}밀리초"},
	"time.none":         {En: "no time agreed", Ko: "정한 시간 없음"},
}
