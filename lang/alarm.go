package lang

// Alarms, by code: those of package ledger (its refusals), of package link, and
// of the node.
var alarmWords = map[string]Phrase{
	// What another side has sent that its ledger cannot hold.
	"alarm.fork":            {En: "{side} has signed two different histories of one ledger.", Ko: "{side}에서 한 장부의 서로 다른 두 내력에 서명했습니다."},
	"alarm.own-fork":        {En: "Our own key has signed two different histories. Somebody else may hold it, or an old copy of this node was run.", Ko: "우리 열쇠로 서로 다른 두 내력이 서명되었습니다. 다른 사람이 열쇠를 가졌거나 이 노드의 옛 복사본이 실행되었을 수 있습니다."},
	"alarm.bad-checkpoint":  {En: "{side} sent a checkpoint that is not signed as it must be.", Ko: "{side}에서 서명이 맞지 않는 체크포인트를 보냈습니다."},
	"alarm.bad-return":      {En: "What {side} hands back of our own ledger does not follow on what is here. Either it is false, or this node is an old copy that has signed a second history.", Ko: "{side}에서 돌려준 우리 장부가 여기 있는 것에 이어지지 않습니다. 그것이 거짓이거나, 이 노드가 다른 내력에 서명한 옛 복사본입니다."},
	"alarm.bad-proof":       {En: "{side} sent entries that its own checkpoint does not cover.", Ko: "{side}에서 자기 체크포인트에 들어 있지 않은 항목을 보냈습니다."},
	"alarm.bad-entry":       {En: "{side} signed an entry that does not have the form of one.", Ko: "{side}에서 형식이 맞지 않는 항목에 서명했습니다."},
	"alarm.seen-back":       {En: "{side} dated an entry back behind what it had confirmed.", Ko: "{side}에서 이미 확인한 것보다 앞선 시점으로 항목을 소급했습니다."},
	"alarm.seen-unwritten":  {En: "{side} claims to have seen entries of ours that we never wrote.", Ko: "{side}에서 우리가 쓰지 않은 우리 측 항목을 보았다고 합니다."},
	"alarm.clock-ahead":     {En: "{side} dated an entry far ahead of our clock; it is held back.", Ko: "{side} 항목의 시각이 우리 시계보다 크게 앞서 있어 보류했습니다."},
	"alarm.bad-cosignature": {En: "{side} sent a receipt that does not fit what we hold.", Ko: "{side}에서 우리가 보유한 것과 맞지 않는 수신 증명을 보냈습니다."},
	"alarm.unknown-ledger":  {En: "{side} sent a ledger of a side that is not admitted here.", Ko: "{side}에서 받아들이지 않은 측의 장부를 보냈습니다."},

	// What the line shows.
	"alarm.unknown-caller": {En: "Somebody called whose key belongs to no side of this office.", Ko: "이 연락사무소의 어느 측에도 속하지 않는 열쇠로 접속이 있었습니다."},
	"alarm.wrong-key":      {En: "Whoever answers at the address of {side} does not have its key.", Ko: "{side} 주소에서 응답하는 상대가 그 측의 열쇠를 가지고 있지 않습니다."},
	"alarm.flood":          {En: "{side} asks for more than a sound node would.", Ko: "{side}에서 정상 노드보다 지나치게 많은 요청을 보냅니다."},
	"alarm.growth":         {En: "{side} sends more entries than this node is ready to keep at once.", Ko: "{side}에서 이 노드가 한 번에 받을 수 있는 것보다 많은 항목을 보냅니다."},
	"alarm.bad-message":    {En: "{side} sent what is not a message of this protocol.", Ko: "{side}에서 규약에 맞지 않는 전문을 보냈습니다."},
	"alarm.peer-refuses":   {En: "{side} says that it cannot hold a ledger that we sent it.", Ko: "{side}에서 우리가 보낸 장부를 보관할 수 없다고 합니다."},
	"alarm.peer-lost":      {En: "{side} holds less of a ledger than it once signed for.", Ko: "{side}에서 보유한 장부가 전에 서명한 것보다 적습니다."},
	"alarm.records-differ": {En: "Our record and that of {side} are not the same. They part at entry {ours} here, {theirs} there.", Ko: "우리 기록과 {side}의 기록이 다릅니다. 우리는 항목 {ours}, 상대측은 {theirs}에서 갈라집니다."},
	"alarm.check-differs":  {En: "In the line check {check}, {side} and we have told different digests of the first {count} entries: our records are not the same.", Ko: "통신 점검 {check}에서 {side}{side:과/와} 우리가 밝힌 처음 {count}개 항목의 요약값이 다릅니다. 두 기록이 같지 않습니다."},
	"alarm.clocks-apart":   {En: "The clock of {side} is far from ours.", Ko: "{side} 시계와 우리 시계의 차이가 큽니다."},

	// What this node finds in itself.
	"alarm.backdated":         {En: "{side} wrote an entry that belongs before what is settled; it has no place.", Ko: "{side}에서 확정된 것보다 앞에 놓일 항목을 썼습니다. 놓일 자리가 없습니다."},
	"alarm.number-gap":        {En: "{side} has sent dispatch number {number} (entry {entry}) where number {expected} is due. Ask {side} what became of those between. The dispatch is kept, without effect.", Ko: "{side}에서 {expected}번 차례에 {number}번 통지문(항목 {entry})을 보냈습니다. 그 사이의 통지문이 어떻게 되었는지 {side}에 물어보십시오. 이 통지문은 보관하되 효력이 없습니다."},
	"alarm.number-again":      {En: "{side} has sent dispatch number {number} (entry {entry}), a number that it had used before; number {expected} is due. Ask {side} whether this is a new dispatch: then it must send it again under a new number. The dispatch is kept, without effect.", Ko: "{side}에서 이미 쓴 번호인 {number}번으로 통지문(항목 {entry})을 보냈습니다. {expected}번 차례입니다. 새 통지문인지 {side}에 물어보십시오. 새 통지문이면 새 번호로 다시 보내야 합니다. 이 통지문은 보관하되 효력이 없습니다."},
	"alarm.needs-newer-rules": {En: "The charter in force needs rules of version {rules}, newer than this program knows. Install a newer version.", Ko: "현행 합의서는 이 프로그램이 알지 못하는 규칙 판 {rules}{rules:을/를} 요구합니다. 새 판을 설치하십시오."},
	"alarm.records-behind":    {En: "What follows from the ledgers cannot be worked out; the records are behind.", Ko: "장부에서 기록을 이끌어 내지 못하고 있습니다. 기록이 뒤처져 있습니다."},
	"alarm.disk-full":         {En: "The disk of this node is full.", Ko: "이 노드의 디스크가 가득 찼습니다."},
	"alarm.disk-read-only":    {En: "The disk of this node cannot be written.", Ko: "이 노드의 디스크에 쓸 수 없습니다."},
	"alarm.disk-broken":       {En: "The disk of this node answers with errors.", Ko: "이 노드의 디스크에서 오류가 납니다."},
	"alarm.other":             {En: "Alarm “{code}”.", Ko: "경보 “{code}”."},
}
