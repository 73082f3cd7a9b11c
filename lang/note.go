package lang

// Coordination notes.
var noteWords = map[string]Phrase{
	"note.title":       {En: "Coordination notes", Ko: "실무 메모"},
	"note.informal":    {En: "From duty officer to duty officer. Not a formal communication: a note bears no number and waits for nothing. It stands in the record of every side all the same.", Ko: "당직관 사이의 실무 연락입니다. 공식 통지가 아니어서 번호가 없고 아무것도 기다리지 않지만, 모든 측의 기록에는 남습니다."},
	"note.none":        {En: "Nothing has been noted on the channel {channel}.", Ko: "{channel} 통로에는 메모가 없습니다."},
	"note.older":       {En: "Older notes", Ko: "이전 메모"},
	"note.newest":      {En: "The newest notes", Ko: "최근 메모"},
	"note.about":       {En: "About", Ko: "관련"},
	"note.queued":      {En: "not yet received", Ko: "아직 받지 않음"},
	"note.draft":       {En: "Say it formally", Ko: "공식 통지문으로"},
	"note.to":          {En: "Note to {side}", Ko: "{side}에 보내는 메모"},
	"note.text":        {En: "Note", Ko: "메모"},
	"note.write":       {En: "Write the note", Ko: "메모 보내기"},
	"note.stays":       {En: "It cannot be changed or taken back.", Ko: "고치거나 되돌릴 수 없습니다."},
	"note.may-not":     {En: "By the house rules of this side your post may not write notes.", Ko: "우리 측 내부 규정상 이 직위로는 메모를 쓸 수 없습니다."},
	"note.line":        {En: "Coordination line", Ko: "실무 연락"},
	"note.line-note":   {En: "About a FLASH the duty officers of the sides talk at once. Not a formal communication; it stands in the record all the same.", Ko: "초긴급 통지문이 오가면 각 측 당직관이 곧바로 실무 연락을 주고받습니다. 공식 통지는 아니지만 기록에는 남습니다."},
	"note.about-it":    {En: "Coordination notes about it", Ko: "이 통지문에 관한 메모"},
	"note.write-about": {En: "Write a note about it", Ko: "이 통지문에 관한 메모 쓰기"},
	"note.all":         {En: "All notes on the channel", Ko: "이 통로의 모든 메모"},
	"note.rules":       {En: "The rules in force do not know notes; the charter must be raised to rules version 3 first.", Ko: "현행 규칙에는 메모가 없습니다. 먼저 합의서를 규칙 제3판으로 올려야 합니다."},
}
