package lang

// Short codes.
var codeWords = map[string]Phrase{
	"code.title":   {En: "Short codes", Ko: "약속 부호"},
	"code.about":   {En: "For the worst cases: a number and a few words stand for a text that the sides have agreed on beforehand, in each language.", Ko: "매우 급할 때, 양측이 미리 합의한 문구를 번호 하나와 몇 마디 말로 각 언어로 전합니다."},
	"code.rules":   {En: "The rules in force do not know short codes; the charter must be raised to rules version 3 first.", Ko: "현행 규칙에는 약속 부호가 없습니다. 먼저 합의서를 규칙 제3판으로 올려야 합니다."},
	"code.none":    {En: "The sides have agreed on no short codes yet. Ten are brought along among the forms, to be proposed as they are or changed.", Ko: "아직 합의된 약속 부호가 없습니다. 서식 가운데 열 가지가 마련되어 있어 그대로 또는 고쳐서 제안할 수 있습니다."},
	"code.unknown": {En: "No short code with the number {number} is agreed on.", Ko: "번호 {number}의 약속 부호는 합의된 바 없습니다."},
	"code.number":  {En: "Number", Ko: "번호"},
	"code.open":    {En: "Take it", Ko: "선택"},
	"code.says":    {En: "What it says", Ko: "전달 내용"},
	"code.look":    {En: "See what it will say", Ko: "전달 내용 확인"},
	"code.change":  {En: "Change it", Ko: "고치기"},
	"code.confirm": {En: "This is what the other side will read. Release it?", Ko: "상대측에 이 내용이 전달됩니다. 발송하시겠습니까?"},
	"code.second":  {En: "By the house rules of this side a second person must approve it first.", Ko: "우리 측 내부 규정상 먼저 다른 사람의 승인이 필요합니다."},
	"code.in":      {En: "in {language}", Ko: "{language}"},
	"code.text":    {En: "Says", Ko: "전달 내용"},
}
