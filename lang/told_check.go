package lang

// What people are told of line checks.
var toldCheckWords = map[string]Phrase{
	"notice.check-call":           {En: "Line check on {channel}: our call of {at} is due", Ko: "{channel} 통신 점검: {at} 우리 측 호출 차례"},
	"notice.check-answer":         {En: "Line check on {channel}: the call of {at} waits for our answer", Ko: "{channel} 통신 점검: {at} 호출이 우리 측 응답 대기"},
	"notice.check-extra":          {En: "Line check on {channel}: a call outside of the times waits for our answer", Ko: "{channel} 통신 점검: 시각 외 호출이 우리 측 응답 대기"},
	"notice.check-silent":         {En: "Line check on {channel}: our call of {at} is unanswered", Ko: "{channel} 통신 점검: {at} 우리 측 호출에 응답 없음"},
	"notice.check-many":           {En: "{n} line checks on {channel} wait", Ko: "{channel} 통신 점검 {n}건 대기"},
	"notice.check-withdrawn":      {En: "Line check on {channel}: nothing is to be done any more", Ko: "{channel} 통신 점검: 더 하실 일 없음"},
	"notice.check-withdrawn-note": {En: "It was called or answered, or its time is long over.", Ko: "호출이나 응답이 이루어졌거나 시간이 오래 지났습니다."},
	"notice.check-call-note":      {En: "It is the turn of our side to call, and nobody has called yet.", Ko: "우리 측이 호출할 차례인데 아직 호출하지 않았습니다."},
	"notice.check-answer-note":    {En: "{side} has called. A person of our side is to answer how the test text arrived.", Ko: "{side} 측이 호출했습니다. 시험 문구가 어떻게 보이는지 우리 측에서 사람이 응답해야 합니다."},
	"notice.check-silent-note":    {En: "No answer of {sides}, and its time has run out.", Ko: "{sides} 측의 응답이 없고 시간이 지났습니다."},
	"notice.check-step":           {En: "Nobody of our side has done it: step {n} of {of} since {time}.", Ko: "우리 측에서 아직 하지 않았습니다. {time}부터 {of}단계 중 {n}단계."},
}
