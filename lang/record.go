package lang

// The joint record.
var recordWords = map[string]Phrase{
	"record.title":     {En: "Record", Ko: "기록"},
	"record.lead":      {En: "{n} {n:entry/entries} of all sides in their joint order, {settled} of them settled.", Ko: "모든 측의 항목 {n}건을 공동 순서로 보여 줍니다. 그중 {settled}건이 확정되었습니다."},
	"record.equal":     {En: "{side} holds the same record: same entries, same order, same outcome.", Ko: "{side}도 같은 기록을 가지고 있습니다. 항목도, 순서도, 결과도 같습니다."},
	"record.unequal":   {En: "{side} holds a different record. The alarm says where they part.", Ko: "{side}의 기록이 우리 것과 다릅니다. 갈라진 곳은 경보에 있습니다."},
	"record.comparing": {En: "It is being compared whether {side} holds the same record.", Ko: "{side}의 기록과 같은지 대조하는 중입니다."},
	"record.unknown":   {En: "The record of {side} cannot be compared while the line is down.", Ko: "통신선이 끊겨 있어 {side}의 기록과 대조할 수 없습니다."},
	"record.digest":    {En: "Digest of what is settled", Ko: "확정된 기록의 대조값"},
	"record.place":     {En: "Place", Ko: "순서"},
	"record.entry":     {En: "Entry", Ko: "항목"},
	"record.kind":      {En: "What it does", Ko: "내용"},
	"record.by":        {En: "By", Ko: "작성자"},
	"record.at":        {En: "Written", Ko: "작성 시각"},
	"record.settled":   {En: "Place settled", Ko: "순서 확정"},
	"record.void":      {En: "void: {reason}", Ko: "무효: {reason}"},
	"record.empty": {
		En: "Nothing is written yet. The first entry of each side founds the office.",
		Ko: "아직 기록이 없습니다. 각 측의 첫 항목으로 연락사무소가 설립됩니다.",
	},
}
