package lang

// The strip at the top of every page.
var stripWords = map[string]Phrase{
	"strip.label":        {En: "Both sides and the line", Ko: "양측과 통신선의 상태"},
	"strip.own":          {En: "your side", Ko: "우리 측"},
	"strip.utc":          {En: "Coordinated Universal Time", Ko: "협정 세계시"},
	"strip.up":           {En: "line up", Ko: "통신선 연결됨"},
	"strip.up-reading":   {En: "line up, their node is reading only", Ko: "통신선 연결됨, 상대측 노드는 읽기 전용"},
	"strip.down":         {En: "line down", Ko: "통신선 끊김"},
	"strip.cut":          {En: "line cut by the switch", Ko: "시연 스위치로 통신선을 끊음"},
	"strip.halted":       {En: "replication ended", Ko: "복제 중단됨"},
	"strip.since":        {En: "since {time}", Ko: "{time}부터"},
	"strip.equal":        {En: "same record on both sides", Ko: "양측 기록 일치"},
	"strip.unequal":      {En: "the two records differ", Ko: "양측 기록이 서로 다름"},
	"strip.comparing":    {En: "records being compared", Ko: "기록 대조 중"},
	"strip.not-compared": {En: "record cannot be compared now", Ko: "지금은 기록을 대조할 수 없음"},
	"strip.settled":      {En: "{n} settled", Ko: "{n}건 확정"},
	"strip.waiting":      {En: "{n} {n:entry waits/entries wait} for a receipt, {age}", Ko: "수신 증명 대기 {n}건, {age} 경과"},
}
