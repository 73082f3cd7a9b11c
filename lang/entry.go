package lang

// One entry of the record.
var entryWords = map[string]Phrase{
	"entry.title":         {En: "Entry {id}", Ko: "항목 {id}"},
	"entry.void":          {En: "Void, kept without effect. {reason}", Ko: "무효: 기록에는 남지만 효력이 없습니다. {reason}"},
	"entry.open-dispatch": {En: "Open the dispatch", Ko: "통지문 열기"},
	"entry.written":       {En: "Written, by its writer’s clock", Ko: "작성 시각(작성자 시계)"},
	"entry.place":         {En: "{place} in the joint order, {time}", Ko: "공동 순서 {place}번째, {time}"},
	"arrival.title":       {En: "As seen here", Ko: "우리 측 관측"},
	"arrival.late":        {En: "It came here {time}, {span} later than the clock of {side} explains: the line had been up since {since}.", Ko: "이곳에는 {time}에 도착했습니다. 통신선이 {since}부터 이어져 있었는데도 {side} 시계에 따른 시각보다 {span} 늦습니다."},
	"arrival.early":       {En: "It came here {time}, {span} before the time that it bears by the clock of {side}.", Ko: "이곳에는 {time}에 도착했습니다. {side} 시계에 따라 적힌 시각보다 {span} 이릅니다."},
	"arrival.note":        {En: "Our node alone has seen this; it stands in no record and decides nothing.", Ko: "우리 측 노드만 관측한 것으로, 기록에 남지 않으며 판정에 쓰이지 않습니다."},
	"entry.digest":        {En: "Running digest", Ko: "여기까지의 대조값"},
	"entry.leaf":          {En: "What was signed", Ko: "서명된 내용"},
	"entry.leaf-note":     {En: "These {size} bytes, exactly as they came.", Ko: "받은 그대로의 {size}바이트."},
	"entry.hash":          {En: "Leaf hash", Ko: "원문 해시값"},
	"entry.receipts":      {En: "Receipts", Ko: "수신 증명"},
	"entry.receipt":       {En: "{side} signed for it {time}", Ko: "{side} 서명 {time}"},
	"entry.held":          {En: "held here since {time}", Ko: "{time}부터 보유"},
	"entry.covers":        {En: "covers the first {n} entries", Ko: "처음 {n}건을 포함"},
	"entry.no-receipts":   {En: "No other side has signed for this entry yet.", Ko: "아직 이 항목에 서명한 상대측이 없습니다."},
}
