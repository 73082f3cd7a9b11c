package lang

// What people of our own side are told, and how.
var toldWords = map[string]Phrase{
	"notice.one":            {En: "{precedence}: {dispatch} waits for acknowledgement", Ko: "{precedence}: {dispatch} 접수 확인 대기"},
	"notice.many":           {En: "{precedence}: {n} dispatches on {channel} wait for acknowledgement", Ko: "{precedence}: {channel} 통로 통지문 {n}건 접수 확인 대기"},
	"notice.withdrawn":      {En: "{precedence}: {dispatch} no longer waits", Ko: "{precedence}: {dispatch} 더는 기다리지 않음"},
	"notice.withdrawn-note": {En: "Somebody of your side has acknowledged it, or it was withdrawn.", Ko: "우리 측에서 접수 확인했거나 철회되었습니다."},
	"notice.from":           {En: "From {side}, channel {channel}, number {number}. The text stands in the office alone.", Ko: "보낸 측 {side}, 통로 {channel}, 번호 {number}. 본문은 사무소에서만 볼 수 있습니다."},
	"notice.step":           {En: "Nobody has acknowledged it: step {n} of {of} since {time}.", Ko: "아직 접수 확인이 없습니다. {time}부터 {of}단계 중 {n}단계."},
	"notice.act-alarm":      {En: "The watch is told again.", Ko: "근무자에게 다시 알립니다."},
	"notice.act-deputy":     {En: "The deputy is told.", Ko: "부소장에게 알립니다."},
	"notice.act-head":       {En: "The head is told.", Ko: "소장에게 알립니다."},
	"notice.act-bearer":     {En: "Other means are to be tried: telephone, fax.", Ko: "전화나 팩스 등 다른 수단으로도 연락해야 합니다."},
	"notice.act-check":      {En: "It is to be listed at the next line check.", Ko: "다음 통신 점검 때 올려야 합니다."},
	"notice.act-agenda":     {En: "It goes on the agenda of the heads.", Ko: "소장 회의 의제에 올립니다."},
	"notice.test":           {En: "Test: Liaison can tell you by this means", Ko: "시험: 이 수단으로 알림을 받을 수 있습니다"},
	"notice.probe":          {En: "Daily test of this means", Ko: "이 수단의 일일 점검"},
	"notice.test-note":      {En: "Nothing is to be done.", Ko: "하실 일은 없습니다."},
	"notice.fault":          {En: "You cannot be told by “{means}”", Ko: "알림 수단 “{means}” 고장"},
	"notice.fault-note":     {En: "This means does not work. Look at it on the page “Being told”.", Ko: "이 수단이 작동하지 않습니다. “알림” 화면에서 확인하십시오."},
	"told.acknowledge":      {En: "Acknowledge", Ko: "접수 확인"},
	"notice.open":           {En: "Open it:", Ko: "열기:"},
	"notice.acknowledge":    {En: "Acknowledge it (once, it asks before it does):", Ko: "접수 확인(한 번만 쓸 수 있으며 먼저 묻습니다):"},
}
