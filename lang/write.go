package lang

// The form for a new dispatch.
var writeWords = map[string]Phrase{
	"write.title":            {En: "Write a dispatch", Ko: "통지문 작성"},
	"write.may-not":          {En: "Your post may not release dispatches. A post with the role of head, deputy or duty officer may.", Ko: "이 직위로는 통지문을 발송할 수 없습니다. 소장, 부소장, 당직관 등의 직책이 필요합니다."},
	"write.within":           {En: "acknowledged within {span}", Ko: "{span} 안에 접수 확인"},
	"write.limit-characters": {En: "At most {limit} characters.", Ko: "최대 {limit}자."},
	"write.limit-bytes":      {En: "At most {limit} bytes; a Hangul syllable takes three.", Ko: "최대 {limit}바이트, 한글 한 자는 3바이트."},
	"write.size-characters":  {En: "{size} of at most {limit} characters", Ko: "{size}자, 최대 {limit}자"},
	"write.size-bytes":       {En: "{size} of at most {limit} bytes", Ko: "{size}바이트, 최대 {limit}바이트"},
	"write.paragraphs":       {En: "An empty line begins a new paragraph. Paragraphs are numbered, so that both sides cite the same one.", Ko: "빈 줄을 두면 새 단락이 시작됩니다. 단락에는 번호가 붙어 양측이 같은 단락을 가리킬 수 있습니다."},
	"write.release":          {En: "Release", Ko: "발송"},
	"write.release-to":       {En: "Release to {side}", Ko: "{side}에 발송"},
	"write.final": {
		En: "Once released it is signed by your node and stands in the record of every side. It cannot be changed or taken back.",
		Ko: "발송하면 우리 노드가 서명하고 모든 측의 기록에 남습니다. 고치거나 되돌릴 수 없습니다.",
	},
}
