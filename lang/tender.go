package lang

// Tenders: dispatches that are offered before they go, and the table of ranks.
var tenderWords = map[string]Phrase{
	"may.tender":          {En: "Tender dispatches", Ko: "통지문 전달 제의"},
	"may.tender.answer":   {En: "Accept and decline tenders of others", Ko: "상대측 전달 제의 수락과 거절"},
	"may.tender.withdraw": {En: "Withdraw tenders", Ko: "전달 제의 철회"},

	"form.mode-tendered": {En: "It is tendered before it is served.", Ko: "전달하기 전에 먼저 제의합니다."},
	"form.mode-distress": {En: "Lives are at risk: it is served at once, and never tendered.", Ko: "인명이 걸린 서식으로, 제의하지 않고 곧바로 전달합니다."},
	"field.form.mode":    {En: "How the form is delivered", Ko: "서식의 전달 방식"},

	"problem.tender": {En: "There is no tender {id}.", Ko: "전달 제의 {id}{id:이/가} 없습니다."},

	"trail.ranks-changed": {En: "table of ranks changed", Ko: "직급 대응표 바꿈"},
}
