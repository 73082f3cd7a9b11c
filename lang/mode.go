package lang

// What the node may do, and why it may not do more.
var modeWords = map[string]Phrase{
	"mode.ready":     {En: "Reads and writes", Ko: "읽기와 쓰기 가능"},
	"mode.behind":    {En: "This node signs nothing now. Another side holds entries of our ledger that we do not; they are being fetched back.", Ko: "이 노드는 지금 서명하지 않습니다. 우리에게 없는 우리 측 장부 항목을 다른 측이 보유하고 있어 되찾는 중입니다."},
	"mode.read-only": {En: "This node signs nothing now; it only reads.", Ko: "이 노드는 지금 서명하지 않고 읽기만 합니다."},

	"mode.restored":          {En: "It was restored from a copy and waits until every other side has been heard.", Ko: "복사본에서 복원되어, 다른 모든 측과 교신할 때까지 기다립니다."},
	"mode.own-fork":          {En: "Our own key has signed another history. See the alarm; the operator must look into it.", Ko: "우리 열쇠로 서명된 다른 내력이 있습니다. 경보를 보고 운영자가 조사해야 합니다."},
	"mode.needs-newer-rules": {En: "The charter in force needs newer rules than this program knows. Install a newer version; nothing is lost meanwhile.", Ko: "현행 합의서는 이 프로그램이 아는 것보다 새로운 규칙을 요구합니다. 새 판을 설치하십시오. 그동안 잃는 것은 없습니다."},
	"mode.disk-full":         {En: "Its disk is full.", Ko: "디스크가 가득 찼습니다."},
	"mode.disk-read-only":    {En: "Its disk cannot be written.", Ko: "디스크에 쓸 수 없습니다."},
	"mode.disk-broken":       {En: "Its disk answers with errors.", Ko: "디스크에서 오류가 납니다."},
	"mode.other":             {En: "The reason is “{code}”.", Ko: "사유: “{code}”."},
}
