package lang

// The kinds of entry.
var kindWords = map[string]Phrase{
	"kind.charter":          {En: "Founds the office", Ko: "연락사무소 설립"},
	"kind.charter.propose":  {En: "Proposes another charter", Ko: "합의서 개정 제안"},
	"kind.charter.agree":    {En: "Agrees to a charter", Ko: "합의서 동의"},
	"kind.post":             {En: "Accredits a post", Ko: "직위 신임"},
	"kind.post.end":         {En: "Withdraws a post", Ko: "직위 신임 종료"},
	"kind.dispatch":         {En: "Releases a dispatch", Ko: "통지문 발송"},
	"kind.acknowledge":      {En: "Acknowledges a dispatch", Ko: "통지문 접수 확인"},
	"kind.consider":         {En: "Considers a dispatch", Ko: "통지문 검토 중"},
	"kind.close":            {En: "Closes a dispatch", Ko: "통지문 종결"},
	"kind.form.propose":     {En: "Proposes a form", Ko: "서식 제안"},
	"kind.note":             {En: "Says something informally", Ko: "실무 메모"},
	"kind.hours":            {En: "Says which hours the side keeps", Ko: "근무 시간 통보"},
	"kind.suspension":       {En: "Suspends channels", Ko: "연락 통로 중단"},
	"kind.resumption":       {En: "Resumes channels", Ko: "연락 통로 재개"},
	"kind.attempt":          {En: "Tells of an attempt by other means", Ko: "다른 수단 연락 시도 기록"},
	"kind.attempt.confirm":  {En: "Says what it knows of an attempt", Ko: "연락 시도에 대한 확인"},
	"kind.tender":           {En: "Offers a dispatch", Ko: "통지문 제의"},
	"kind.tender.answer":    {En: "Answers the offer of a dispatch", Ko: "통지문 제의에 대한 회답"},
	"kind.tender.withdraw":  {En: "Withdraws the offer of a dispatch", Ko: "통지문 제의 철회"},
	"kind.watch":            {En: "Takes the watch", Ko: "당직 시작"},
	"kind.watch.end":        {En: "Ends a watch", Ko: "당직 종료"},
	"kind.form.agree":       {En: "Agrees to a form", Ko: "서식 동의"},
	"kind.enclosure.stored": {En: "Has stored an enclosure", Ko: "첨부 보관 확인"},
}
