package lang

// One dispatch and its ladder of receipts.
var dispatchWords = map[string]Phrase{
	"dispatch.title":       {En: "No. {number} of {side}", Ko: "{side} 제{number}호"},
	"dispatch.group":       {En: "Date-time group, UTC", Ko: "일시군(협정 세계시)"},
	"dispatch.released":    {En: "Released", Ko: "발송"},
	"dispatch.by":          {En: "By", Ko: "발송자"},
	"dispatch.acknowledge": {En: "Acknowledge", Ko: "접수 확인"},
	"dispatch.reply":       {En: "Reply", Ko: "회신 작성"},
	"dispatch.may-not":     {En: "Your post may not acknowledge dispatches.", Ko: "이 직위로는 접수를 확인할 수 없습니다."},

	"ladder.title":            {En: "Ladder of receipts", Ko: "수신과 확인 단계"},
	"ladder.released":         {En: "Released", Ko: "발송"},
	"ladder.released-clock":   {En: "by the clock of {side}", Ko: "{side} 시계 기준"},
	"ladder.received":         {En: "Received by the node of {side}", Ko: "{side} 노드 수신"},
	"ladder.received-here":    {En: "Received by our node", Ko: "우리 노드 수신"},
	"ladder.stored":           {En: "It signed that it has stored these exact bytes.", Ko: "바로 이 바이트를 저장했다고 서명함."},
	"ladder.held":             {En: "by the clock of {side}; held here since {time} by ours", Ko: "{side} 시계 기준. 우리 시계로는 {time}부터 보유"},
	"ladder.queued":           {En: "Not yet received by the node of {side}", Ko: "{side} 노드가 아직 수신하지 않음"},
	"ladder.queued-age":       {En: "queued at our node, {age}", Ko: "우리 노드에서 대기 중, {age} 경과"},
	"ladder.receipt-late":     {En: "the charter gives {span} for the receipt", Ko: "합의서가 정한 수신 시간은 {span}"},
	"ladder.no-receipt":       {En: "No receipt of {side} is held here", Ko: "{side} 수신 증명을 보유하고 있지 않음"},
	"ladder.acknowledged":     {En: "Acknowledged", Ko: "접수 확인"},
	"ladder.not-acknowledged": {En: "Not yet acknowledged by {side}", Ko: "{side} 접수 확인 전"},
	"ladder.due":              {En: "due {time}, {left} left", Ko: "기한 {time}, {left} 남음"},
	"ladder.overdue":          {En: "was due {time}, overdue for {age}", Ko: "기한 {time}, {age} 경과"},
	"ladder.leaf":             {En: "signed bytes", Ko: "서명된 원문"},
	"ladder.proof":            {En: "disclosure", Ko: "제시용 증명"},
	"ladder.receipt":          {En: "receipt", Ko: "수신 증명"},
	"ladder.entry":            {En: "entry {id}", Ko: "항목 {id}"},
	"ladder.not-agreement": {
		En: "Receipt is not agreement. A receipt says that a node has stored the text, an acknowledgement that a post has read it. Neither says yes to what it says.",
		Ko: "수신은 동의가 아닙니다. 수신 증명은 노드가 글을 저장했다는 것, 접수 확인은 담당 직위가 읽었다는 것을 뜻할 뿐, 그 내용에 동의한다는 뜻은 아닙니다.",
	},
}
