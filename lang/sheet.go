package lang

// A dispatch on paper, and the check of a paper against the record.
var sheetWords = map[string]Phrase{
	"sheet.title":      {En: "Sheet for print and fax", Ko: "인쇄 및 팩스용"},
	"sheet.print":      {En: "Print", Ko: "인쇄"},
	"sheet.note":       {En: "What follows is printed on A4, black on white. Whoever gets the paper can check it against the record by its code.", Ko: "아래 내용이 A4에 흑백으로 인쇄됩니다. 종이를 받은 사람은 부호로 기록과 대조할 수 있습니다."},
	"sheet.action":     {En: "For action", Ko: "조치"},
	"sheet.hash":       {En: "Leaf hash (RFC 6962)", Ko: "항목 해시값(RFC 6962)"},
	"sheet.check":      {En: "The code says: office, entry, hash. To check the paper, scan it into “Check a sheet” on any node of the office, and compare the text.", Ko: "부호에는 연락사무소, 항목, 해시값이 들어 있습니다. 종이를 확인하려면 연락사무소의 어느 노드에서나 ‘인쇄물 대조’에 부호를 읽혀 넣고 글을 비교하십시오."},
	"sheet.enclosures": {En: "Enclosures", Ko: "첨부"},
	"sheet.printed":    {En: "Printed {time}", Ko: "인쇄 {time}"},

	"check.title":        {En: "Check a sheet", Ko: "인쇄물 대조"},
	"check.code":         {En: "The code of the sheet", Ko: "인쇄물의 부호"},
	"check.note":         {En: "Scan the QR code, or type what stands beside it: LIAISON 1, the office, the entry, the hash.", Ko: "QR 부호를 읽히거나 옆에 적힌 것(LIAISON 1, 연락사무소, 항목, 해시값)을 입력하십시오."},
	"check.do":           {En: "Check", Ko: "대조"},
	"check.no-code":      {En: "This is not the code of a sheet. It begins with LIAISON 1, then come the office, the entry and 64 hex digits.", Ko: "인쇄물의 부호가 아닙니다. LIAISON 1로 시작하여 연락사무소, 항목, 16진수 64자리가 이어집니다."},
	"check.other-office": {En: "This is a sheet of another office, {office}.", Ko: "다른 연락사무소 {office}의 인쇄물입니다."},
	"check.unknown":      {En: "There is no entry {id} in the record here. Either it has not come yet, or there is no such entry.", Ko: "여기 기록에 항목 {id}{id:이/가} 없습니다. 아직 오지 않았거나 그런 항목이 없는 것입니다."},
	"check.match":        {En: "The code is that of {id} in the record.", Ko: "부호가 기록의 {id}{id:과/와} 일치합니다."},
	"check.differs":      {En: "The record has another text as {id}: this paper does not come from it.", Ko: "기록의 {id}{id:은/는} 다른 글입니다. 이 종이는 기록에서 나온 것이 아닙니다."},
	"check.hash-here":    {En: "Leaf hash in the record", Ko: "기록의 항목 해시값"},
	"check.compare":      {En: "The code says which entry it is. Compare the text on the paper with that of the entry: only that is signed.", Ko: "부호는 어느 항목인지만 알려 줍니다. 종이의 글을 항목의 글과 비교하십시오. 서명된 것은 항목의 글입니다."},
}
