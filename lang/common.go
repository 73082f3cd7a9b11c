package lang

// Words that many pages use: the frame around every page, sides, posts, fields.
var commonWords = map[string]Phrase{
	"common.list-comma": {En: ", ", Ko: ", "},
	"name.misleads":     {En: "{name} (careful: this may not be the name it looks like)", Ko: "{name}(주의: 보이는 것과 다른 이름일 수 있습니다)"},
	"common.officer":    {En: "{post}, {side}", Ko: "{side} {post}"},

	"frame.skip":        {En: "Skip to the matter of the page", Ko: "본문으로 건너뛰기"},
	"frame.places":      {En: "Places", Ko: "둘러보기"},
	"frame.list":        {En: "Dispatches", Ko: "통지문"},
	"frame.write":       {En: "Write", Ko: "작성"},
	"frame.drafts":      {En: "Drafts", Ko: "초안"},
	"frame.desk":        {En: "Desk", Ko: "당직실"},
	"frame.desk-pages":  {En: "Pages of the desk", Ko: "당직실 화면"},
	"frame.desk-waits":  {En: "{n} {n:line check or tender waits/line checks and tenders wait} for your side", Ko: "우리 측 처리 대기 통신 점검과 제의 {n}건"},
	"frame.record":      {En: "Record", Ko: "기록"},
	"frame.line":        {En: "Line", Ko: "통신선"},
	"frame.charter":     {En: "Charter", Ko: "합의서"},
	"frame.sign-out":    {En: "Sign out", Ko: "나가기"},
	"frame.search":      {En: "Find dispatches", Ko: "통지문 찾기"},
	"frame.search-do":   {En: "Search", Ko: "찾기"},
	"frame.waiting":     {En: "{n} {n:dispatch waits/dispatches wait} for your side", Ko: "우리 측 접수 확인 대기 {n}건"},
	"frame.drafts-wait": {En: "{n} {n:draft waits/drafts wait} for you", Ko: "처리할 초안 {n}건"},
	"frame.alarms":      {En: "{n} {n:alarm is/alarms are} open", Ko: "열린 경보 {n}건"},
	"frame.demo":        {En: "Demonstration", Ko: "시연"},
	"frame.demo-note":   {En: "An example written for this program. Nobody has said these words.", Ko: "이 프로그램을 위해 쓴 예문이며, 실제로 오간 말이 아닙니다."},
	"frame.cut":         {En: "Cut the line to {side}", Ko: "{side}{side:과/와}의 통신선 끊기"},
	"frame.mend":        {En: "Mend the line to {side}", Ko: "{side}{side:과/와}의 통신선 잇기"},
	"frame.keys":        {En: "Keys", Ko: "단축 글쇠"},
	"frame.keys-rows":   {En: "from row to row", Ko: "줄 이동"},
	"frame.keys-off":    {En: "Turn keys off", Ko: "단축 글쇠 끄기"},
	"frame.keys-on":     {En: "Turn keys on", Ko: "단축 글쇠 켜기"},
	"frame.stale": {
		En: "This page does not hear from its node. What it shows may be old.",
		Ko: "이 화면은 지금 노드의 소식을 받지 못하고 있습니다. 표시된 내용이 최신이 아닐 수 있습니다.",
	},

	// A side that is simply called by a compass point is called so in every language.
	"side.north": {En: "North", Ko: "북측"},
	"side.south": {En: "South", Ko: "남측"},
	"side.east":  {En: "East", Ko: "동측"},
	"side.west":  {En: "West", Ko: "서측"},

	// Posts that every side begins with, before they are accredited, and the
	// operator, who never is.
	"post.operator":     {En: "Operator", Ko: "운영자"},
	"post.head":         {En: "Head of the office", Ko: "소장"},
	"post.duty-officer": {En: "Duty officer", Ko: "당직관"},

	"precedence.flash":         {En: "FLASH", Ko: "초긴급"},
	"precedence.immediate":     {En: "IMMEDIATE", Ko: "긴급"},
	"precedence.priority":      {En: "PRIORITY", Ko: "우선"},
	"precedence.routine":       {En: "ROUTINE", Ko: "보통"},
	"precedence.flash.for":     {En: "Lives at risk, firing, an act that could be taken for an attack", Ko: "인명 위험, 사격, 공격으로 오인될 수 있는 행동"},
	"precedence.immediate.for": {En: "Distress, flood, an incident that has just happened", Ko: "조난, 홍수, 방금 일어난 사건"},
	"precedence.priority.for":  {En: "Notice for today or tomorrow, a change of plan", Ko: "오늘이나 내일의 일에 대한 통보, 계획 변경"},
	"precedence.routine.for":   {En: "Everything else", Ko: "그 밖의 모든 것"},

	"field.channel":    {En: "Channel", Ko: "연락 통로"},
	"field.precedence": {En: "Precedence", Ko: "긴급도"},
	"field.to":         {En: "Addressees", Ko: "받는 측"},
	"field.subject":    {En: "Subject", Ko: "제목"},
	"field.text":       {En: "Text", Ko: "본문"},
	"field.comment":    {En: "Comment", Ko: "의견"},
	"field.reason":     {En: "Reason", Ko: "사유"},
	"field.number":     {En: "Number", Ko: "번호"},
	"field.dispatch":   {En: "Dispatch", Ko: "통지문"},
	"field.hash":       {En: "Hash", Ko: "해시값"},
	"field.amends":     {En: "Hash of the charter to be replaced", Ko: "대체할 합의서의 해시값"},
	"field.charter":    {En: "Charter", Ko: "합의서"},
	"field.note":       {En: "Note", Ko: "덧붙이는 말"},
	"field.post":       {En: "Post", Ko: "직위"},
	"field.role":       {En: "Role", Ko: "직책"},
	"field.name":       {En: "Name", Ko: "이름"},
	"field.languages":  {En: "Languages", Ko: "언어"},

	"unit.bytes":      {En: "bytes", Ko: "바이트"},
	"unit.words":      {En: "words", Ko: "어절"},
	"unit.characters": {En: "characters", Ko: "자"},

	"settled.yes":      {En: "settled", Ko: "확정"},
	"settled.no":       {En: "not yet settled", Ko: "확정 전"},
	"settled.yes-note": {En: "Its place in the joint order can no longer change.", Ko: "공동 순서에서 차지한 자리가 더는 바뀌지 않습니다."},
	"settled.no-note":  {En: "An entry that is still under way could take a place before it.", Ko: "아직 도착하지 않은 항목이 그 앞에 놓일 수 있습니다."},

	"founding.title": {En: "The office is not open yet", Ko: "연락사무소가 아직 열리지 않았습니다"},
	"founding.note": {
		En: "It opens when every side has founded it by the same charter. Until then no dispatch can be released.",
		Ko: "모든 측이 같은 합의서로 설립하면 열립니다. 그때까지는 통지문을 발송할 수 없습니다.",
	},
	"founding.done":  {En: "{side} has founded the office", Ko: "{side}: 설립 완료"},
	"founding.waits": {En: "{side} has not founded it yet", Ko: "{side}: 아직 설립하지 않음"},
}
